#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "kube/client.h"

namespace crm::kube::testing {

struct StandinCondition {
  std::string type;    ///< "ResourcesApplied", "ResourcesHealthy", "ResourcesProgressing"
  std::string status;  ///< "True", "False", "Unknown", "Progressing"
  std::string reason;
  std::string message;
};

/// `conditions` (a list or null) with these set: others stay, lastTransitionTime moves only with the status,
/// lastUpdateTime only when anything changed.
Json WithConditions(const Json& conditions, const std::vector<StandinCondition>& fresh, absl::Time now);

}  // namespace crm::kube::testing
