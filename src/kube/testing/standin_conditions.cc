#include "kube/testing/standin_conditions.h"

#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

Json WithConditions(const Json& conditions, const std::vector<StandinCondition>& fresh, absl::Time now) {
  Json result = conditions.is_array() ? conditions : Json::array();
  const std::string time = Rfc3339(now);
  for (const StandinCondition& condition : fresh) {
    Json* found = nullptr;
    for (Json& entry : result) {
      if (FindString(entry, {"type"}) == condition.type) found = &entry;
    }
    if (found == nullptr) {
      result.push_back({{"type", condition.type}});
      found = &result.back();
    }
    const bool same_status = FindString(*found, {"status"}) == condition.status;
    if (same_status && FindString(*found, {"reason"}) == condition.reason &&
        FindString(*found, {"message"}) == condition.message) {
      continue;
    }
    (*found)["status"] = condition.status;
    (*found)["reason"] = condition.reason;
    (*found)["message"] = condition.message;
    (*found)["lastUpdateTime"] = time;
    if (!same_status) (*found)["lastTransitionTime"] = time;
  }
  return result;
}

}  // namespace crm::kube::testing
