#include "kube/http_connection.h"

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <limits>
#include <string_view>

#include "base/status.h"
#include "fmt/format.h"

namespace crm::kube {
namespace {

namespace http = boost::beast::http;

constexpr uint32_t kLongestHead = 64 << 10;
constexpr size_t kReadSize = 32 << 10;

bool HasControl(std::string_view text, char least) {
  return std::any_of(text.begin(), text.end(),
                     [least](char c) { return (c >= 0 && c < least) || c == 0x7f; });
}

absl::StatusOr<std::string> Serialize(const HttpRequest& request, const std::string& host) {
  if (request.method.empty() || HasControl(request.method, '!') || request.target.empty() ||
      request.target.front() != '/' || HasControl(request.target, '!')) {
    return InvalidArgument("request \"{} {}\": expected a method and a percent-encoded path", request.method,
                           request.target);
  }
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, host);
  for (const auto& [name, value] : request.headers) {
    if (HasControl(value, ' ')) return InvalidArgument("header {}: a control character in its value", name);
    text += fmt::format("{}: {}\r\n", name, value);
  }
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    text += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  return text + "\r\n" + request.body;
}

}  // namespace

struct HttpConnection::Parser : http::response_parser<http::string_body> {};

HttpConnection::HttpConnection(std::unique_ptr<ByteStream> stream, std::string host)
    : stream_(std::move(stream)), host_(std::move(host)) {}
HttpConnection::~HttpConnection() = default;

absl::Status HttpConnection::Connect(const CallLimits& limits) { return stream_->Connect(limits); }

absl::StatusOr<int> HttpConnection::Start(const HttpRequest& request, const CallLimits& limits) {
  answered_ = false;
  CRM_ASSIGN_OR_RETURN(std::string text, Serialize(request, host_));
  parser_ = std::make_unique<Parser>();
  parser_->eager(true);
  parser_->header_limit(kLongestHead);
  parser_->body_limit(std::numeric_limits<uint64_t>::max());  // who reads the body limits it
  if (request.method == "HEAD") parser_->skip(true);
  CRM_RETURN_IF_ERROR(stream_->Write(text, limits));
  while (!parser_->is_header_done()) CRM_RETURN_IF_ERROR(Feed(limits));
  int status = parser_->get().result_int();
  if (status < 200) return Unavailable("HTTP status {}: expected a final answer", status);
  return status;
}

absl::StatusOr<std::string> HttpConnection::ReadSome(const CallLimits& limits) {
  if (parser_ == nullptr) return FailedPrecondition("no request was sent on this connection");
  while (parser_->get().body().empty() && !parser_->is_done()) CRM_RETURN_IF_ERROR(Feed(limits));
  return std::exchange(parser_->get().body(), {});
}

absl::StatusOr<std::string> HttpConnection::ReadAll(uint64_t most, const CallLimits& limits) {
  if (parser_ == nullptr) return FailedPrecondition("no request was sent on this connection");
  std::string& body = parser_->get().body();
  while (!parser_->is_done() && body.size() <= most) CRM_RETURN_IF_ERROR(Feed(limits));
  if (body.size() > most) return ResourceExhausted("an answer of more than {} bytes", most);
  return std::exchange(body, {});
}

bool HttpConnection::Reusable() {
  return parser_ != nullptr && parser_->is_done() && parser_->keep_alive() && unparsed_.empty() &&
         stream_->Idle();
}

// Takes what was received, or receives more, into the parser.
absl::Status HttpConnection::Feed(const CallLimits& limits) {
  size_t before = unparsed_.size();
  unparsed_.resize(before + kReadSize);
  absl::StatusOr<size_t> count = stream_->Read(unparsed_.data() + before, kReadSize, limits);
  unparsed_.resize(before + (count.ok() ? *count : 0));
  CRM_RETURN_IF_ERROR(count.status());
  boost::system::error_code ec;
  try {
    if (*count == 0) {
      if (parser_->got_some()) parser_->put_eof(ec);
      if (ec || !parser_->is_done()) return Unavailable("the server closed the connection");
      return absl::OkStatus();
    }
    answered_ = true;
    while (!unparsed_.empty() && !parser_->is_done()) {
      size_t taken = parser_->put(boost::asio::buffer(unparsed_), ec);
      unparsed_.erase(0, taken);
      if (ec == http::error::need_more || (!ec && taken == 0)) break;
      if (ec) return Unavailable("the server's answer is no HTTP: {}", ec.message());
    }
  } catch (const std::exception& error) {
    return ResourceExhausted("an answer: {}", error.what());
  }
  return absl::OkStatus();
}

}  // namespace crm::kube
