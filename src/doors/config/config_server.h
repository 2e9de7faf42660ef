#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/engine.h"

namespace crm::doors::config {

/// Serves v1.Config, by which the node agent delivers configurations, on a unix socket of mode 0600 (spec 10
/// section 3.3, spec 50 section 5.2). Calls are answered after the configuration took effect or was refused;
/// an apply that outlasts the caller's deadline finishes all the same. Thread-safe.
class ConfigServer {
 public:
  /// Errors: kAlreadyExists when another process serves the socket, others from the file system. `engine`
  /// outlives it.
  static absl::StatusOr<std::unique_ptr<ConfigServer>> Start(const std::string& socket,
                                                             engine::Engine& engine);
  virtual ~ConfigServer() = default;  ///< stops and removes the socket
};

}  // namespace crm::doors::config
