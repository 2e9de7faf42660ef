#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "kube/call_limits.h"
#include "kube/config.h"
#include "kube/endpoint.h"
#include "kube/http_connection.h"
#include "kube/tls.h"
#include "kube/token_source.h"
#include "metrics/registry.h"

namespace crm::kube {

/// HTTP calls to one server: a pool of kept-alive connections, authentication, one retry where a repetition
/// is harmless. Thread-safe. Errors name the call ("GET /api/v1/nodes") and the server.
class Transport {
 public:
  static absl::StatusOr<std::unique_ptr<Transport>> Create(const ClientConfig& config);

  /// An answer of which the head was read; the body is read from `connection`.
  struct Answer {
    int status = 0;
    std::unique_ptr<HttpConnection> connection;
  };
  /// Sends `request` (its target without the server's path prefix; authentication and user agent are added).
  /// A pooled connection that the server closed meanwhile is replaced once when the method is idempotent; a
  /// 401 is repeated once when the token file holds another token by now.
  absl::StatusOr<Answer> Begin(HttpRequest request, const CallLimits& limits);

  struct Response {
    int status = 0;
    std::string body;
  };
  /// Begin, then the whole body; the connection goes back to the pool.
  absl::StatusOr<Response> Call(HttpRequest request, const CallLimits& limits);

  /// Gives a connection back, which is kept when it can be used again.
  void Keep(std::unique_ptr<HttpConnection> connection);

 private:
  Transport(Endpoint endpoint, std::unique_ptr<TlsContext> tls, const ClientConfig& config);

  struct Idle {
    std::unique_ptr<HttpConnection> connection;
    absl::Time since;
  };

  std::unique_ptr<HttpConnection> TakeIdle();
  absl::StatusOr<Answer> Send(const HttpRequest& request, const CallLimits& limits);
  absl::StatusOr<Answer> SendUncounted(const HttpRequest& request, const CallLimits& limits);
  std::string Describe(const HttpRequest& request) const;

  const Endpoint endpoint_;
  const std::unique_ptr<TlsContext> tls_;
  const std::string user_agent_;
  TokenSource tokens_;
  metrics::Family<metrics::Counter>* requests_ = nullptr;
  absl::Mutex mutex_;
  std::vector<Idle> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace crm::kube
