#include "kube/testing/http_session.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <string_view>

#include "kube/testing/api_answer.h"

namespace crm::kube::testing {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr auto kIdleTimeout = std::chrono::minutes(5);
constexpr auto kDrainTimeout = std::chrono::seconds(2);
constexpr size_t kMaxHeaderBytes = 64 * 1024;

std::string Text(beast::string_view view) { return {view.data(), view.size()}; }

}  // namespace

HttpSession::HttpSession(boost::asio::ip::tcp::socket socket, ApiServer& api, const HttpLimits& limits,
                         SessionRegistry& registry)
    : stream_(std::move(socket)),
      api_(api),
      limits_(limits),
      registry_(registry),
      deadline_(stream_.get_executor()),
      bookmark_(stream_.get_executor()) {}

void HttpSession::Start() {
  beast::error_code ignored;
  stream_.socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  registry_.sessions.insert(shared_from_this());
  ReadRequest();
}

void HttpSession::Close() {
  if (closed_) return;
  closed_ = true;
  if (watch_ != nullptr) --registry_.watches;
  watch_ = nullptr;
  deadline_.cancel();
  bookmark_.cancel();
  beast::error_code ignored;
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.close();
  registry_.sessions.erase(shared_from_this());
}

void HttpSession::ReadRequest() {
  parser_.emplace();
  parser_->body_limit(limits_.max_body_bytes);
  parser_->header_limit(kMaxHeaderBytes);
  stream_.expires_after(kIdleTimeout);
  http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code error, size_t) {
    if (self->closed_) return;
    if (error == http::error::body_limit) {
      self->Refuse("the request body is too large", 413);
    } else if (error == http::error::header_limit) {
      self->Refuse("the request header is too large", 431);
    } else if (error && error.category() == make_error_code(http::error::bad_method).category() &&
               error != http::error::end_of_stream && error != http::error::partial_message) {
      self->Refuse("the request is no HTTP/1.1 request", 400);
    } else if (error) {
      self->Close();
    } else {
      self->Answer();
    }
  });
}

void HttpSession::Answer() {
  const auto& message = parser_->get();
  ApiRequest request;
  request.method = Text(message.method_string());
  request.target = Text(message.target());
  request.content_type = Text(message[http::field::content_type]);
  request.accept = Text(message[http::field::accept]);
  request.body = std::move(parser_->get().body());
  ApiAnswer answer = api_.Handle(request);
  if (answer.drop_connection) {
    Close();
  } else if (answer.watch != nullptr) {
    StartWatch(std::move(answer));
  } else {
    Send(std::move(answer));
  }
}

void HttpSession::Refuse(const char* message, int code) {
  ApiError error;
  error.code = code;
  error.reason = code == 413 ? "RequestEntityTooLarge" : "BadRequest";
  error.message = message;
  refused_ = true;
  parser_.reset();
  Send(ErrorAnswer(error));
}

/// Reads away what the client still sends: closing with unread data would reset the connection and lose the
/// answer.
void HttpSession::Drain() {
  beast::error_code ignored;
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  buffer_.clear();
  stream_.expires_after(kDrainTimeout);
  auto again = [self = shared_from_this()](beast::error_code error, size_t) {
    if (self->closed_) return;
    if (error) {
      self->Close();
    } else {
      self->Drain();
    }
  };
  stream_.async_read_some(buffer_.prepare(kMaxHeaderBytes), std::move(again));
}

void HttpSession::Send(ApiAnswer answer) {
  const bool keep_alive = parser_ && parser_->get().keep_alive();
  const bool head = parser_ && parser_->get().method() == http::verb::head;
  response_ = {};
  response_.version(11);
  response_.result(static_cast<unsigned>(answer.code));
  response_.set(http::field::content_type, answer.content_type);
  response_.set(http::field::cache_control, "no-cache, private");
  response_.keep_alive(keep_alive);
  const size_t length = answer.body.size();
  if (!head) response_.body() = std::move(answer.body);
  response_.content_length(length);
  stream_.expires_after(kIdleTimeout);
  http::async_write(stream_, response_,
                    [self = shared_from_this(), keep_alive](beast::error_code error, size_t) {
                      if (self->closed_) return;
                      if (self->refused_ && !error) {
                        self->Drain();
                      } else if (error || !keep_alive) {
                        self->Close();
                      } else {
                        self->ReadRequest();
                      }
                    });
}

}  // namespace crm::kube::testing
