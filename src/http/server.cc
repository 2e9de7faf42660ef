#include "http/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "fmt/format.h"
#include "http/address.h"
#include "http/session.h"

namespace crm::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kPauseAfterError = std::chrono::milliseconds(100);  // of accept, when descriptors run out

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, Router router)
      : pool_(std::make_shared<SessionPool>(std::move(options), std::move(router))),
        strand_(asio::make_strand(io_)),
        acceptor_(strand_),
        pause_(strand_) {}
  ~Impl() { Stop(absl::ZeroDuration()); }

  absl::Status Start() {
    const ServerOptions& options = pool_->options;
    CRM_ASSIGN_OR_RETURN(const ListenAddress address, ParseListenAddress(options.address));
    error_code error;
    if (address.host.empty()) {
      error = Listen({tcp::v6(), address.port});
      // A host without IPv6.
      if (error) error = Listen({tcp::v4(), address.port});
    } else {
      error = Listen({asio::ip::make_address(address.host), address.port});
    }
    if (error) return Unavailable("listen on {}: {}", options.address, error.message());
    const tcp::endpoint local = acceptor_.local_endpoint(error);
    port_ = local.port();
    const bool any = local.address().is_unspecified();
    const std::string host = any ? "127.0.0.1" : local.address().to_string();
    url_ = fmt::format("http://{}:{}", host.find(':') == std::string::npos ? host : "[" + host + "]", port_);
    asio::post(strand_, [this] { Accept(); });
    try {
      for (int i = 0; i < std::max(1, options.threads); ++i) threads_.emplace_back([this] { Run(); });
    } catch (const std::system_error& failed) {
      return ResourceExhausted("listen on {}: a thread: {}", options.address, failed.what());
    }
    return absl::OkStatus();
  }

  void Stop(absl::Duration grace) {
    std::lock_guard lock(stop_mutex_);
    if (std::exchange(stopped_, true)) return;
    pool_->stopping = true;
    asio::post(strand_, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
    for (const auto& session : pool_->All()) session->CloseIdle();
    if (!threads_.empty() && !pool_->AwaitNone(grace)) {
      for (const auto& session : pool_->All()) session->Close();
    }
    work_.reset();  // the threads end when the last session has
    for (std::thread& thread : threads_) thread.join();
  }

  int port() const { return port_; }
  const std::string& url() const { return url_; }

 private:
  error_code Listen(const tcp::endpoint& endpoint) {
    error_code error;
    acceptor_.close(error);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && endpoint.protocol() == tcp::v6()) {
      acceptor_.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()), error);
    }
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    return error;
  }

  void Accept() {
    acceptor_.async_accept(asio::make_strand(io_), [this](error_code error, tcp::socket socket) {
      if (!acceptor_.is_open() || pool_->stopping) return;
      if (!error) {
        std::make_shared<Session>(std::move(socket), pool_)->Start();
        return Accept();
      }
      log_.Warning("accept on {}: {}", url_, error.message());
      pause_.expires_after(kPauseAfterError);
      pause_.async_wait([this](error_code cancelled) {
        if (!cancelled && acceptor_.is_open()) Accept();
      });
    });
  }

  void Run() {
    while (true) {
      try {
        io_.run();
        return;
      } catch (const std::exception& error) {
        log_.Error("a connection failed: {}", error.what());
      }
    }
  }

  const std::shared_ptr<SessionPool> pool_;
  const Logger log_{"http"};
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  asio::strand<asio::io_context::executor_type> strand_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::vector<std::thread> threads_;
  int port_ = 0;
  std::string url_;
  std::mutex stop_mutex_;
  bool stopped_ = false;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options, Router router) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(router));
  CRM_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
void Server::Stop(absl::Duration grace) { impl_->Stop(grace); }
int Server::port() const { return impl_->port(); }
std::string Server::url() const { return impl_->url(); }

}  // namespace crm::http
