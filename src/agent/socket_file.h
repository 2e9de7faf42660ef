#pragma once

#include <string>

#include "absl/status/status.h"

namespace crm::agent {

/// Makes way for a unix socket at `path` (absolute): creates missing directories with mode 0711 and removes a
/// socket file that nobody answers on. FailedPrecondition, naming the path, when somebody does or when it is
/// no socket.
absl::Status PrepareSocketPath(const std::string& path);

}  // namespace crm::agent
