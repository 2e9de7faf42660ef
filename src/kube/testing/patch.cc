#include "kube/testing/patch.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/status.h"
#include "kube/testing/json_text.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

struct MergeKeys {
  std::string_view field;
  std::vector<std::string_view> keys;  // the first that all items of the patch have
};

/// The patchMergeKey of the API's types, by the name of the list's field.
const std::vector<MergeKeys>& MergeTable() {
  static const auto& table = *new std::vector<MergeKeys>{
      {"containers", {"name"}},
      {"initContainers", {"name"}},
      {"ephemeralContainers", {"name"}},
      {"volumes", {"name"}},
      {"env", {"name"}},
      {"imagePullSecrets", {"name"}},
      {"secrets", {"name"}},
      {"volumeMounts", {"mountPath"}},
      {"volumeDevices", {"devicePath"}},
      {"ports", {"containerPort", "port"}},
      {"hostAliases", {"ip"}},
      {"topologySpreadConstraints", {"topologyKey"}},
      {"conditions", {"type"}},
      {"ownerReferences", {"uid"}},
      {"addresses", {"type"}},
  };
  return table;
}

constexpr size_t kMaxOperations = 1000;
constexpr size_t kMaxPatchedBytes = 3u << 19;
constexpr std::string_view kElementOrder = "$setElementOrder/";
constexpr std::string_view kDeletePrimitive = "$deleteFromPrimitiveList/";

std::string_view MergeKeyOf(std::string_view field, const Json& patch_list) {
  for (const MergeKeys& entry : MergeTable()) {
    if (entry.field != field) continue;
    for (std::string_view key : entry.keys) {
      const bool everywhere = std::all_of(patch_list.begin(), patch_list.end(), [&](const Json& item) {
        return item.is_object() &&
               (item.contains(std::string(key)) || (item.size() == 1 && item.contains("$patch")));
      });
      if (everywhere) return key;
    }
  }
  return "";
}

std::string Directive(const Json& patch) {
  auto found = patch.find("$patch");
  return found != patch.end() && found->is_string() ? found->get<std::string>() : "";
}

Json WithoutDirectives(const Json& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) {
      if (!(item.is_object() && Directive(item) == "delete")) list.push_back(WithoutDirectives(item));
    }
    return list;
  }
  if (!value.is_object()) return value;
  Json map = Json::object();
  for (const auto& [key, member] : value.items()) {
    if (!key.starts_with("$") && !member.is_null()) map[key] = WithoutDirectives(member);
  }
  return map;
}

absl::StatusOr<Json> MergeList(Json target, const Json& patch, const std::string& key) {
  const bool replace = std::any_of(patch.begin(), patch.end(), [](const Json& item) {
    return item.size() == 1 && Directive(item) == "replace";
  });
  if (replace) target = Json::array();
  for (const Json& item : patch) {
    if (!item.contains(key)) continue;
    auto same = std::find_if(target.begin(), target.end(), [&](const Json& candidate) {
      return candidate.is_object() && candidate.contains(key) && candidate[key] == item[key];
    });
    if (Directive(item) == "delete") {
      if (same != target.end()) target.erase(same);
    } else if (same == target.end()) {
      target.push_back(WithoutDirectives(item));
    } else {
      CRM_ASSIGN_OR_RETURN(*same, ApplyStrategicMergePatch(std::move(*same), item));
    }
  }
  return target;
}

/// Items named by `order` in its order; the others keep their place behind the item they stood behind.
Json Ordered(const Json& list, const Json& order, const std::string& key) {
  auto position = [&](const Json& item) {
    for (size_t i = 0; i < order.size(); ++i) {
      const Json& named = order[i];
      if (key.empty()
              ? named == item
              : named.is_object() && item.is_object() && named.value(key, Json()) == item.value(key, Json()))
        return static_cast<int>(i);
    }
    return -1;
  };
  std::vector<std::pair<int, Json>> ranked;
  int last = -1;
  for (const Json& item : list) {
    const int found = position(item);
    if (found >= 0) last = found;
    ranked.emplace_back(found >= 0 ? found : last, item);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Json result = Json::array();
  for (auto& [rank, item] : ranked) result.push_back(std::move(item));
  return result;
}

absl::Status ApplyDirective(const std::string& name, const Json& value, Json* target) {
  if (name == "$patch") return absl::OkStatus();
  if (name == "$retainKeys") {
    if (!value.is_array()) return InvalidArgument("$retainKeys: expected a list, got {}", value.dump());
    Json kept = Json::object();
    for (const auto& [key, member] : target->items()) {
      if (std::find(value.begin(), value.end(), Json(key)) != value.end()) kept[key] = member;
    }
    *target = std::move(kept);
    return absl::OkStatus();
  }
  const bool order = name.starts_with(kElementOrder);
  if (!order && !name.starts_with(kDeletePrimitive)) return InvalidArgument("unknown directive {}", name);
  if (!value.is_array()) return InvalidArgument("{}: expected a list, got {}", name, value.dump());
  const std::string field = name.substr((order ? kElementOrder : kDeletePrimitive).size());
  auto list = target->find(field);
  if (list == target->end() || !list->is_array()) return absl::OkStatus();
  if (order) {
    const bool primitive = value.empty() || !value.front().is_object();
    *list = Ordered(*list, value, primitive ? "" : std::string(MergeKeyOf(field, value)));
    return absl::OkStatus();
  }
  Json kept = Json::array();
  for (const Json& item : *list) {
    if (std::find(value.begin(), value.end(), item) == value.end()) kept.push_back(item);
  }
  *list = std::move(kept);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Json> ApplyJsonPatch(const Json& target, const Json& patch) {
  if (!patch.is_array())
    return InvalidArgument("a JSON patch is a list of operations, got {}", patch.type_name());
  if (patch.size() > kMaxOperations) {
    return InvalidArgument("a JSON patch may hold at most {} operations, got {}", kMaxOperations,
                           patch.size());
  }
  const bool copies = std::any_of(patch.begin(), patch.end(), [](const Json& operation) {
    return operation.is_object() && operation.value("op", Json()) == "copy";
  });
  try {
    if (!copies) return target.patch(patch);
    // Copies of copies double a value each time, in size or in depth: look at it after every step.
    Json result = target;
    for (const Json& operation : patch) {
      result = result.patch(Json::array({operation}));
      const std::string text = result.dump();
      if (text.size() > kMaxPatchedBytes || !ParseJson(text).ok()) {
        return InvalidArgument("a JSON patch may not grow an object beyond {} bytes or {} levels",
                               kMaxPatchedBytes, kMaxNesting);
      }
    }
    return result;
  } catch (const Json::parse_error& error) {
    return InvalidArgument("{}", error.what());
  } catch (const Json::exception& error) {
    return FailedPrecondition("{}", error.what());
  }
}

absl::StatusOr<Json> ApplyStrategicMergePatch(Json target, const Json& patch) {
  if (!patch.is_object())
    return InvalidArgument("a strategic merge patch is a mapping, got {}", patch.type_name());
  if (Directive(patch) == "replace") return WithoutDirectives(patch);
  if (Directive(patch) == "delete") return Json::object();
  if (!target.is_object()) target = Json::object();
  for (const auto& [key, value] : patch.items()) {
    if (key.starts_with("$")) continue;
    if (value.is_null()) {
      target.erase(key);
    } else if (value.is_object()) {
      CRM_ASSIGN_OR_RETURN(target[key], ApplyStrategicMergePatch(target.value(key, Json::object()), value));
    } else if (value.is_array() && key == "finalizers") {
      Json& list = target[key];
      if (!list.is_array()) list = Json::array();
      for (const Json& item : value) {
        if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
      }
    } else if (const std::string merge_key(value.is_array() ? MergeKeyOf(key, value) : "");
               !merge_key.empty()) {
      Json list = target.value(key, Json::array());
      if (!list.is_array()) list = Json::array();
      CRM_ASSIGN_OR_RETURN(target[key], MergeList(std::move(list), value, merge_key));
    } else {
      target[key] = WithoutDirectives(value);
    }
  }
  for (const auto& [key, value] : patch.items()) {
    if (key.starts_with("$")) CRM_RETURN_IF_ERROR(ApplyDirective(key, value, &target));
  }
  return target;
}

Json ApplyOver(Json target, const Json& applied) {
  if (!applied.is_object() || !target.is_object()) return applied;
  for (const auto& [key, value] : applied.items()) {
    auto found = target.find(key);
    if (found == target.end()) {
      target[key] = value;
    } else {
      *found = ApplyOver(std::move(*found), value);
    }
  }
  return target;
}

}  // namespace crm::kube::testing
