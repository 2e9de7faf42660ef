#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace crm::install {

/// Where the kubelet is to find its runtime, and what counts as which.
struct Endpoint {
  std::string relay_socket = "/var/run/cri-resmgr/cri-resmgr.sock";  ///< ours
  std::string runtime_socket = "/run/containerd/containerd.sock";    ///< the runtime's own
  /// Whether an endpoint that is neither may be overridden (it could be another proxy).
  bool override_foreign = false;

  /// "--container-runtime-endpoint=unix://<relay_socket>".
  std::string Flag() const;
};

/// Whether two endpoints name one socket: "unix://" and /var/run for /run make no difference.
bool SameSocket(std::string_view a, std::string_view b);

enum class EndpointOwner { kOurs, kRuntime, kForeign };
EndpointOwner OwnerOf(std::string_view endpoint_value, const Endpoint& endpoint);

/// One --container-runtime-endpoint in a command line, given as one word or as two.
struct EndpointFlag {
  size_t begin = 0;
  size_t end = 0;
  std::string value;
};
std::vector<EndpointFlag> FindEndpointFlags(std::string_view command_line);

/// The value in effect in a process's arguments (the last one wins); "" when there is none.
std::string EndpointOf(const std::vector<std::string>& arguments);

/// `command_line` with our flag as the endpoint in effect: unchanged when it is already, else our flag as its
/// last word. FailedPrecondition naming a foreign endpoint, unless it may be overridden; it then stays in the
/// text, without effect, so that RemoveEndpoint restores it.
absl::StatusOr<std::string> AddEndpoint(std::string_view command_line, const Endpoint& endpoint);
/// `command_line` without our flags and the white space before each. Everything else stays as it is.
std::string RemoveEndpoint(std::string_view command_line, const Endpoint& endpoint);

}  // namespace crm::install
