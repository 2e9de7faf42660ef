#include "http/session.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "http/percent.h"

namespace crm::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using beast::error_code;

constexpr absl::Duration kDrainTimeout = absl::Seconds(2);
constexpr size_t kDrainPiece = 16 << 10;

std::string Text(beast::string_view view) { return {view.data(), view.size()}; }

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

// HTTP's own errors, as opposed to those of the connection.
bool IsMalformed(const error_code& error) {
  return error.category() == make_error_code(wire::error::bad_method).category() &&
         error != wire::error::end_of_stream && error != wire::error::partial_message;
}

}  // namespace

void SessionPool::Add(const std::shared_ptr<Session>& session) {
  std::shared_ptr<Session> idle_longest;
  {
    absl::MutexLock lock(&mutex);
    if (sessions.size() >= options.max_connections) {
      for (const auto& other : sessions) {
        const int64_t since = other->idle_since();
        if (since != 0 && (idle_longest == nullptr || since < idle_longest->idle_since())) {
          idle_longest = other;
        }
      }
    }
    sessions.insert(session);
  }
  if (idle_longest != nullptr) idle_longest->CloseIdle();
}

void SessionPool::Remove(const std::shared_ptr<Session>& session) {
  absl::MutexLock lock(&mutex);
  sessions.erase(session);
}

std::set<std::shared_ptr<Session>> SessionPool::All() {
  absl::MutexLock lock(&mutex);
  return sessions;
}

bool SessionPool::AwaitNone(absl::Duration patience) {
  absl::MutexLock lock(&mutex);
  auto none = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return sessions.empty(); };
  return mutex.AwaitWithTimeout(absl::Condition(&none), patience);
}

Session::Session(asio::ip::tcp::socket socket, std::shared_ptr<SessionPool> pool)
    : stream_(std::move(socket)), pool_(std::move(pool)) {}

void Session::Start() {
  pool_->Add(shared_from_this());
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    error_code error;
    const auto remote = self->stream_.socket().remote_endpoint(error);
    if (!error) self->peer_ = fmt::format("{}:{}", remote.address().to_string(), remote.port());
    self->stream_.socket().set_option(asio::ip::tcp::no_delay(true), error);
    self->ReadHead();
  });
}

void Session::Close() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->End(); });
}

void Session::CloseIdle() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->idle_since_ != 0) self->End();
  });
}

void Session::End() {
  if (std::exchange(ended_, true)) return;
  error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.close();
  pool_->Remove(shared_from_this());
}

void Session::Expire(absl::Duration after) { stream_.expires_after(absl::ToChronoNanoseconds(after)); }

void Session::ReadHead() {
  if (ended_) return;
  if (pool_->stopping) return End();
  idle_since_ = std::chrono::steady_clock::now().time_since_epoch().count();
  parser_.emplace();
  parser_->header_limit(pool_->options.max_header_bytes);
  parser_->body_limit(pool_->options.max_body_bytes);
  Expire(std::exchange(first_, false) ? pool_->options.read_timeout : pool_->options.idle_timeout);
  wire::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, size_t) {
    self->idle_since_ = 0;
    if (self->ended_) return;
    if (error == wire::error::header_limit) {
      self->Refuse(431, "431 the request's head is too large\n");
    } else if (error == wire::error::body_limit) {
      self->Refuse(413, "413 the request's body is too large\n");
    } else if (error && IsMalformed(error)) {
      self->Refuse(400, fmt::format("400 no HTTP request: {}\n", error.message()));
    } else if (error) {
      self->End();
    } else {
      self->ReadBody();
    }
  });
}

void Session::ReadBody() {
  Expire(pool_->options.read_timeout);
  auto read = [self = shared_from_this()] {
    wire::async_read(self->stream_, self->buffer_, *self->parser_, [self](error_code error, size_t) {
      if (self->ended_) return;
      if (error == wire::error::body_limit) {
        self->Refuse(413, "413 the request's body is too large\n");
      } else if (error && IsMalformed(error)) {
        self->Refuse(400, fmt::format("400 no HTTP request: {}\n", error.message()));
      } else if (error) {
        self->End();
      } else {
        self->Answer();
      }
    });
  };
  if (!beast::iequals(parser_->get()[wire::field::expect], "100-continue")) return read();
  static constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(kContinue, sizeof kContinue - 1),
                    [self = shared_from_this(), read](error_code error, size_t) {
                      if (!self->ended_) error ? self->End() : read();
                    });
}

void Session::Answer() {
  auto& message = parser_->get();
  Request request;
  request.method = Text(message.method_string());
  request.peer = peer_;
  const std::string target = Text(message.target());
  const size_t question = std::min(target.find('?'), target.size());
  if (question < target.size()) request.query = target.substr(question + 1);
  const std::optional<std::string> path = PercentDecode(target.substr(0, question));
  if (!path.has_value() || path->empty() || path->front() != '/') {
    return Refuse(400, "400 the request's target is no path\n");
  }
  request.path = *path;
  for (const auto& field : message)
    request.headers[LowerCase(Text(field.name_string()))] = Text(field.value());
  request.body = std::move(message.body());
  Response answer;
  try {
    answer = pool_->router.Route(request);
  } catch (const std::exception& error) {
    pool_->log.Error("{} {}: {}", request.method, request.path, error.what());
    answer = {500, "500 internal error\n"};
  }
  Send(std::move(answer), message.keep_alive());
}

// The rest of the request stays unread, hence the connection ends.
void Session::Refuse(int status, const std::string& why) { Send({status, why}, false); }

void Session::Send(Response answer, bool keep_alive) {
  keep_alive = keep_alive && !pool_->stopping;
  const bool head = parser_->is_header_done() && parser_->get().method() == wire::verb::head;
  response_ = {};
  response_.version(11);
  response_.result(static_cast<unsigned>(answer.status));
  response_.set(wire::field::date,
                absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", absl::Now(), absl::UTCTimeZone()));
  response_.set(wire::field::content_type, answer.content_type);
  response_.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : answer.headers) response_.set(name, value);
  response_.keep_alive(keep_alive);
  const size_t length = answer.body.size();
  if (!head) response_.body() = std::move(answer.body);
  response_.content_length(length);
  Expire(pool_->options.read_timeout);
  wire::async_write(stream_, response_, [self = shared_from_this(), keep_alive](error_code error, size_t) {
    if (self->ended_) return;
    if (error) {
      self->End();
    } else if (keep_alive) {
      self->ReadHead();
    } else {
      error_code ignored;
      self->stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
      self->Expire(kDrainTimeout);
      self->Drain();
    }
  });
}

// Reads away what the client still sends: closing with unread data would reset the connection and lose the
// answer.
void Session::Drain() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kDrainPiece),
                          [self = shared_from_this()](error_code error, size_t) {
                            if (self->ended_) return;
                            error ? self->End() : self->Drain();
                          });
}

}  // namespace crm::http
