#include "kube/testing/http_listener.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "kube/testing/http_session.h"

namespace crm::kube::testing {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

absl::StatusOr<tcp::endpoint> ParseAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  boost::system::error_code error;
  if (colon != std::string::npos) {
    std::string host = address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    if (host == "localhost") host = "127.0.0.1";
    const auto ip = asio::ip::make_address(host, error);
    uint16_t port = 0;
    const char* end = address.data() + address.size();
    const auto parsed = std::from_chars(address.data() + colon + 1, end, port);
    if (!error && parsed.ec == std::errc() && parsed.ptr == end) return tcp::endpoint(ip, port);
  }
  return InvalidArgument("listen address \"{}\": expected IP:PORT, port 0 for a free one", address);
}

}  // namespace

class HttpListener::Impl {
 public:
  Impl(ApiServer& api, HttpLimits limits) : api_(api), limits_(limits), acceptor_(context_) {}

  absl::Status Listen(const std::string& address) {
    CRM_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseAddress(address));
    boost::system::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) port_ = acceptor_.local_endpoint(error).port();
    if (error) return Unavailable("listen on {}: {}", address, error.message());
    Accept();
    thread_ = std::thread([this] { Run(); });
    return absl::OkStatus();
  }

  void Stop() {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      for (const auto& session : Sessions()) session->Close();
    });
    thread_.join();
  }

  int port() const { return port_; }
  size_t open_watches() const { return registry_.watches; }

  void NotifyChange() {
    if (notified_.exchange(true)) return;  // one wake-up serves all changes before it
    asio::post(context_, [this] {
      notified_ = false;
      for (const auto& session : Sessions()) session->WakeWatch();
    });
  }

  void DropWatches() {
    asio::post(context_, [this] {
      for (const auto& session : Sessions()) {
        if (session->watching()) session->Close();
      }
    });
  }

 private:
  // A copy, because closing a session takes it out of the set.
  std::vector<std::shared_ptr<HttpSession>> Sessions() const {
    return {registry_.sessions.begin(), registry_.sessions.end()};
  }

  void Accept() {
    acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      // Over the limit the connection is closed at once; clients try again.
      if (!error && registry_.sessions.size() < limits_.max_connections) {
        std::make_shared<HttpSession>(std::move(socket), api_, limits_, registry_)->Start();
      }
      Accept();
    });
  }

  void Run() {
    for (;;) {
      try {
        context_.run();
        return;
      } catch (const std::exception& error) {
        log_.Error("request failed: {}", error.what());
      }
    }
  }

  ApiServer& api_;
  const HttpLimits limits_;
  SessionRegistry registry_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
  int port_ = 0;
  std::atomic<bool> notified_ = false;
  Logger log_{"embedded-apiserver"};
};

absl::StatusOr<std::unique_ptr<HttpListener>> HttpListener::Start(ApiServer& api, const std::string& address,
                                                                  HttpLimits limits) {
  auto impl = std::make_unique<Impl>(api, limits);
  CRM_RETURN_IF_ERROR(impl->Listen(address));
  return std::unique_ptr<HttpListener>(new HttpListener(std::move(impl)));
}

HttpListener::HttpListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpListener::~HttpListener() { Stop(); }
void HttpListener::Stop() { impl_->Stop(); }
int HttpListener::port() const { return impl_->port(); }
void HttpListener::NotifyChange() { impl_->NotifyChange(); }
void HttpListener::DropWatches() { impl_->DropWatches(); }
size_t HttpListener::open_watches() const { return impl_->open_watches(); }

}  // namespace crm::kube::testing
