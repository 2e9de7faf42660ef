#include "kube/byte_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/status.h"
#include "kube/resolve.h"

namespace crm::kube {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using TlsStream = asio::ssl::stream<Tcp::socket>;
using Handler = std::function<void(const error_code&, size_t)>;

// Notices a peer that vanished without a word within a minute, also while nothing is sent.
constexpr int kKeepAliveIdleSeconds = 30;
constexpr int kKeepAliveIntervalSeconds = 10;
constexpr int kKeepAliveProbes = 3;
constexpr unsigned kUnacknowledgedMilliseconds = 60000;

void SetOptions(int fd) {
  const int on = 1;
  // None of them is needed to work: a refusal is no error.
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &kKeepAliveIdleSeconds, sizeof kKeepAliveIdleSeconds);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &kKeepAliveIntervalSeconds, sizeof kKeepAliveIntervalSeconds);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &kKeepAliveProbes, sizeof kKeepAliveProbes);
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMilliseconds,
             sizeof kUnacknowledgedMilliseconds);
}

asio::ssl::context Shared(const TlsContext& tls) {
  SSL_CTX_up_ref(tls.native());
  return asio::ssl::context(tls.native());
}

template <typename Stream>  // Tcp::socket or TlsStream
class AsioStream : public ByteStream {
 public:
  template <typename... Extra>
  AsioStream(const Endpoint& endpoint, const TlsContext* tls, Extra&&... extra)
      : endpoint_(endpoint), tls_(tls), io_(1), stream_(io_, std::forward<Extra>(extra)...) {}

  absl::Status Connect(const CallLimits& limits) override {
    CRM_ASSIGN_OR_RETURN(std::vector<std::string> addresses, ResolveHost(endpoint_.host, limits));
    absl::Status status;
    for (size_t i = 0; i < addresses.size(); ++i) {
      CallLimits share = limits;  // an address that does not answer leaves time for the others
      auto now = std::chrono::steady_clock::now();
      share.deadline = now + (limits.deadline - now) / static_cast<int64_t>(addresses.size() - i);
      status = ConnectTo(addresses[i], share);
      if (status.ok() || status.code() == absl::StatusCode::kCancelled) break;
    }
    CRM_RETURN_IF_ERROR(status);
    SetOptions(stream_.lowest_layer().native_handle());
    return Handshake(limits);
  }

  absl::Status Write(std::string_view data, const CallLimits& limits) override {
    return Await("write", limits,
                 [&](Handler done) {
                   asio::async_write(stream_, asio::buffer(data.data(), data.size()), std::move(done));
                 })
        .status();
  }

  absl::StatusOr<size_t> Read(char* buffer, size_t size, const CallLimits& limits) override {
    absl::StatusOr<size_t> count = Await("read", limits, [&](Handler done) {
      stream_.async_read_some(asio::buffer(buffer, size), std::move(done));
    });
    if (!count.ok() && last_error_ == asio::error::eof) return size_t{0};
    return count;
  }

  bool Idle() override {
    if (broken_ || !stream_.lowest_layer().is_open()) return false;
    char byte;
    ssize_t count = recv(stream_.lowest_layer().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  absl::Status ConnectTo(const std::string& address, const CallLimits& limits) {
    error_code ec;
    asio::ip::address parsed = asio::ip::make_address(address, ec);
    if (ec) return Unavailable("address {}: {}", address, ec.message());
    Close();
    broken_ = false;
    Tcp::endpoint peer(parsed, static_cast<uint16_t>(std::stoi(endpoint_.port)));
    return Await("connect", limits,
                 [&](Handler done) {
                   stream_.lowest_layer().async_connect(
                       peer, [done = std::move(done)](const error_code& result) { done(result, 0); });
                 })
        .status();
  }

  absl::Status Handshake(const CallLimits& limits) {
    if constexpr (kTls) {
      CRM_RETURN_IF_ERROR(tls_->Prepare(stream_.native_handle(), endpoint_.host));
      absl::Status status =
          Await("TLS handshake", limits, [&](Handler done) {
            stream_.async_handshake(asio::ssl::stream_base::client,
                                    [done = std::move(done)](const error_code& result) { done(result, 0); });
          }).status();
      if (status.ok()) return status;
      std::string reason = TlsContext::VerificationError(stream_.native_handle());
      if (!reason.empty()) return Unavailable("the server's certificate is not trusted: {}", reason);
      return status;
    } else {
      return absl::OkStatus();
    }
  }

  // Runs one asynchronous operation to its end, or closes the connection at the limits or an error.
  template <typename Start>
  absl::StatusOr<size_t> Await(const char* what, const CallLimits& limits, Start start) {
    if (broken_) return Unavailable("{}: the connection is closed", what);
    ERR_clear_error();
    bool done = false;
    error_code ec;
    size_t count = 0;
    std::atomic<bool> cancelled{false};
    io_.restart();
    std::shared_ptr<void> registration;
    if (limits.cancellation != nullptr) {
      registration = limits.cancellation->OnCancel([&] {
        cancelled = true;
        asio::post(io_, [] {});  // wakes the loop below
      });
    }
    start([&](const error_code& result, size_t transferred) {
      done = true;
      ec = result;
      count = transferred;
    });
    while (!done && !cancelled && io_.run_one_until(limits.deadline) > 0) {
    }
    if (!done) {
      Close();
      while (!done && io_.run_one() > 0) {
      }
      if (cancelled) return absl::CancelledError("cancelled");
      return Error(absl::StatusCode::kDeadlineExceeded, "{}: no answer in time", what);
    }
    if (!ec) return count;
    Close();
    last_error_ = ec;
    return Unavailable("{}: {}", what, ec.message());
  }

  void Close() {
    broken_ = true;
    error_code ignored;
    stream_.lowest_layer().close(ignored);
  }

  const Endpoint endpoint_;
  const TlsContext* const tls_;
  bool broken_ = false;  // closed by us or by an error
  error_code last_error_;
  asio::io_context io_;
  Stream stream_;
};

}  // namespace

std::unique_ptr<ByteStream> ByteStream::Create(const Endpoint& endpoint, const TlsContext* tls) {
  if (!endpoint.tls) return std::make_unique<AsioStream<Tcp::socket>>(endpoint, nullptr);
  asio::ssl::context context = Shared(*tls);
  return std::make_unique<AsioStream<TlsStream>>(endpoint, tls, context);
}

}  // namespace crm::kube
