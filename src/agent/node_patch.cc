#include "agent/node_patch.h"

#include <string_view>

#include "base/status.h"
#include "nlohmann/json.hpp"

namespace crm::agent {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

absl::StatusOr<std::string> JsonPatchText(const std::vector<PatchOperation>& operations) {
  Json patch = Json::array();
  for (const PatchOperation& operation : operations) {
    Json entry = {{"op", operation.op}, {"path", operation.path}};
    if (!operation.value.empty()) {
      Json value = Json::parse(operation.value, nullptr, /*allow_exceptions=*/false);
      if (value.is_discarded()) {
        return InvalidArgument("invalid value '{}' of patch operation {} {}, expected JSON", operation.value,
                               operation.op, operation.path);
      }
      entry["value"] = std::move(value);
    }
    patch.push_back(std::move(entry));
  }
  return Dump(patch);
}

absl::StatusOr<std::string> CapacityPatchText(const std::map<std::string, std::string>& capacities) {
  Json capacity = Json::object();
  for (const auto& [name, value] : capacities) {
    if (name == "cpu" || name == "memory" || name.starts_with("hugepages-")) {
      return InvalidArgument("refusing to update capacity of native resource '{}'", name);
    }
    if (name.find('.') == std::string::npos || name.find('/') == std::string::npos) {
      return InvalidArgument("invalid resource '{}' in capacity update", name);
    }
    capacity[name] = value;
  }
  return Dump({{"status", {{"capacity", std::move(capacity)}}}});
}

}  // namespace crm::agent
