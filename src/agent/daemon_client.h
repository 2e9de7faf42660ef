#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/selection.h"

namespace crm::agent {

/// The client of the daemon's v1.Config service on a unix socket. Connects by itself, again and again, at
/// least every 5 s while the daemon is away. Thread-safe. Spec 50 section 5.
class DaemonClient {
 public:
  struct Options {
    std::string socket;
    std::string node_name;
    absl::Duration call_timeout = absl::Seconds(5);
    /// Called on a thread of the client each time a connection to the daemon is made.
    std::function<void()> on_back;
  };

  explicit DaemonClient(Options options);
  ~DaemonClient();
  DaemonClient(const DaemonClient&) = delete;
  DaemonClient& operator=(const DaemonClient&) = delete;

  /// "" when the configuration is in force, else why the daemon refused it. Errors: the daemon was not
  /// reached or did not answer within the call's timeout; the message names the socket.
  absl::StatusOr<std::string> SetConfig(const ConfigData& data);

  /// Cancels the call in flight and refuses further ones; on_back is not called any more after it returns.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm::agent
