#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "kube/client.h"

namespace crm::agent {

/// The agent's gRPC service v1.Agent on a unix socket (mode 0600): the node's health for the probe, and the
/// Node object for the daemon. Thread-safe. Spec 50 section 6.
class Server {
 public:
  struct Options {
    std::string socket;
    std::string node_name;
    kube::Client* client = nullptr;  ///< outlives the server
    std::function<std::string()> config_status;
  };

  /// Makes the socket's directory (0711) and serves. FailedPrecondition when another process serves the
  /// socket; a socket file that nobody answers on is replaced, any other file is not.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Options options);
  ~Server();  ///< ends calls in flight and removes the socket
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm::agent
