#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kube/call_limits.h"

namespace crm::kube {

/// The addresses of `host` in the order to try them. A numeric address needs no resolver; a name is asked
/// from the C library, within the limits (its call can not be interrupted and then ends by itself in the
/// background).
absl::StatusOr<std::vector<std::string>> ResolveHost(const std::string& host, const CallLimits& limits);

}  // namespace crm::kube
