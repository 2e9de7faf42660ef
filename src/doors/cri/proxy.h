#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "doors/cri/proxy_hook.h"

namespace crm::doors::cri {

struct ProxyOptions {
  std::string relay_socket;  ///< absolute path that is served; missing directories are created with mode 0711
  std::string runtime_socket;  ///< absolute path; "-": no runtime service
  std::string image_socket =
      "default";           ///< absolute path; "default": the runtime socket; "-": no image service
  UnaryHookFactory hooks;  ///< may be empty
  /// Called from a thread of the proxy each time a connection to the runtime socket is established: after
  /// Start and whenever the runtime came back. Must not block. May be empty.
  std::function<void()> on_runtime_connected;
};

/// The CRI proxy: serves a unix socket and forwards every method of every `...RuntimeService` and
/// `...ImageService` as raw messages (spec 11 sections 6.1 and 6.2): unary and streaming in both directions,
/// with metadata, deadline, cancellation, trailers, status details and messages of any size. Nothing is
/// decoded here; UnaryCallHook sees the few calls that a policy cares about. Other services answer
/// UNIMPLEMENTED. When the runtime cannot be reached, calls fail at once with UNAVAILABLE "cri-resmgr:
/// runtime SOCKET unreachable: ...", and the connection is restored in the background. Thread-safe. Runs on
/// gRPC's threads and one of its own.
class Proxy {
 public:
  /// Binds the socket and serves. The runtime need not be there. A file that is left over at `relay_socket`
  /// is replaced if nobody answers on it. Owner and mode are those of the runtime socket, 0660 as long as
  /// that is unknown. Errors: kInvalidArgument for bad options; kAlreadyExists `socket "PATH" already exists`
  /// when somebody serves it; others from the file system.
  static absl::StatusOr<std::unique_ptr<Proxy>> Start(ProxyOptions options);

  /// Stop(0).
  virtual ~Proxy() = default;

  /// Accepts no more calls, lets running ones finish for `grace`, then cancels them and waits until the last
  /// hook is done. Removes the socket. Further calls do nothing. Not to be called from a hook.
  virtual void Stop(absl::Duration grace) = 0;
};

}  // namespace crm::doors::cri
