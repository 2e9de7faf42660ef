#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kube/call_limits.h"
#include "kube/endpoint.h"
#include "kube/tls.h"

namespace crm::kube {

/// One TCP connection, plain or TLS. For one thread at a time; only the limits' cancellation comes from
/// others. After any error but InvalidArgument the connection is closed and of no further use. Errors say
/// what was done, not to whom.
class ByteStream {
 public:
  /// Not connected yet. `tls` is needed for https and must outlive the stream.
  static std::unique_ptr<ByteStream> Create(const Endpoint& endpoint, const TlsContext* tls);
  virtual ~ByteStream() = default;

  /// Resolves, connects (each address in turn) and shakes hands. Unavailable naming the reason: also for a
  /// peer whose certificate is not trusted or is another host's.
  virtual absl::Status Connect(const CallLimits& limits) = 0;
  virtual absl::Status Write(std::string_view data, const CallLimits& limits) = 0;
  /// Waits for at least one byte; 0 when the peer ended the stream in good order.
  virtual absl::StatusOr<size_t> Read(char* buffer, size_t size, const CallLimits& limits) = 0;
  /// Open, with nothing to read: can be used for another request.
  virtual bool Idle() = 0;
};

}  // namespace crm::kube
