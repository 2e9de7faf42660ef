#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/options.h"
#include "placement/policy.h"

namespace crm::daemon {

/// The answer to an option or word that only asks: --version, --print-config, --list-policies, help PATTERN.
/// nullopt when the command line asks for nothing of the kind. `words` stand after the options. Spec 10
/// section 2.3.
std::optional<std::string> Inform(const Options& options, const std::vector<std::string>& words,
                                  const placement::PolicyRegistry& policies);

}  // namespace crm::daemon
