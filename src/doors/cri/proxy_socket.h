#pragma once

#include <string>

#include "absl/status/status.h"

namespace crm::doors::cri {

/// Gives `path` the owner and permission bits of `model`; mode 0660 with the owner untouched when `model` is
/// not there.
absl::Status CopySocketAccess(const std::string& model, const std::string& path);

}  // namespace crm::doors::cri
