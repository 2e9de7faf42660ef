#include "gardener/predicates.h"

#include <algorithm>

#include "gardener/names.h"
#include "gardener/operation.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::gardener {
namespace {

bool AsksForOperation(const Json& extension) {
  const std::string_view operation = OperationAnnotation(extension);
  return operation == "reconcile" || operation == "restore" || operation == "migrate";
}

Json ValueAt(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* value = kube::Find(object, path);
  return value == nullptr ? Json() : *value;
}

// Equal in everything that somebody else writes. `extension` may have lost the operation annotation.
bool OnlyOurOwnChanges(const Json& old_extension, const Json& extension) {
  const auto foreign = [](const Json& object) {
    Json annotations = ValueAt(object, {"metadata", "annotations"});
    if (annotations.is_null()) annotations = Json::object();
    return Json{ValueAt(object, {"spec"}), annotations, ValueAt(object, {"metadata", "generation"}),
                ValueAt(object, {"metadata", "deletionTimestamp"}), ValueAt(object, {"metadata", "uid"})};
  };
  Json before = foreign(old_extension);
  const Json after = foreign(extension);
  if (OperationAnnotation(extension).empty() && before[1].is_object())
    before[1].erase(std::string(kOperationAnnotation));
  return before == after;
}

Json OurEntries(const Json& cluster) {
  Json entries = Json::array();
  const Json* all = kube::Find(cluster, {"spec", "shoot", "spec", "extensions"});
  if (all == nullptr || !all->is_array()) return entries;
  for (const Json& entry : *all) {
    if (kube::FindString(entry, {"type"}) == kExtensionType) entries.push_back(entry);
  }
  return entries;
}

}  // namespace

bool HasOurType(const Json& extension) {
  return kube::FindString(extension, {"spec", "type"}) == kExtensionType;
}

bool HasClass(const Json& extension, const std::vector<std::string>& classes) {
  std::string_view own = kube::FindString(extension, {"spec", "class"});
  if (own.empty()) own = "shoot";
  const bool nothing_configured =
      std::all_of(classes.begin(), classes.end(), [](const std::string& name) { return name.empty(); });
  if (nothing_configured) return own == "shoot";
  return std::find(classes.begin(), classes.end(), own) != classes.end();
}

bool ShootFailed(const Json* cluster) {
  return cluster != nullptr &&
         kube::FindString(*cluster, {"spec", "shoot", "status", "lastOperation", "state"}) == "Failed";
}

bool TriggersOnCreate(const Json& extension, Mode mode) {
  if (mode == Mode::kGeneration) return true;
  return AsksForOperation(extension) || kube::IsBeingDeleted(extension) ||
         kube::FindString(extension, {"status", "lastOperation", "state"}) != "Succeeded";
}

bool TriggersOnUpdate(const Json& old_extension, const Json& extension, Mode mode) {
  if (kube::Uid(old_extension) != kube::Uid(extension)) return TriggersOnCreate(extension, mode);
  if (mode == Mode::kGeneration) {
    return kube::Generation(old_extension) != kube::Generation(extension) ||
           kube::IsBeingDeleted(old_extension) != kube::IsBeingDeleted(extension);
  }
  // The original compares only the status of objects being deleted; after a gap in the watch that would lose
  // a deletion that arrives together with a status change.
  if (OnlyOurOwnChanges(old_extension, extension)) return false;
  return AsksForOperation(extension) || kube::IsBeingDeleted(extension);
}

bool ClusterChangeMatters(const Json& old_cluster, const Json& cluster) {
  if (OurEntries(old_cluster) != OurEntries(cluster)) return true;
  const std::initializer_list<std::string_view> relevant[] = {
      {"spec", "shoot", "spec", "kubernetes", "version"},
      {"spec", "shoot", "spec", "provider", "workers"},
      {"spec", "shoot", "spec", "hibernation"},
  };
  return std::any_of(std::begin(relevant), std::end(relevant),
                     [&](const auto& path) { return ValueAt(old_cluster, path) != ValueAt(cluster, path); });
}

bool TakesBaseConfigChange(const Json& extension, const std::vector<std::string>& classes) {
  return HasOurType(extension) && HasClass(extension, classes) && !kube::IsBeingDeleted(extension) &&
         !WaitsForState(extension) && OperationAnnotation(extension) != "migrate" &&
         kube::FindString(extension, {"status", "lastOperation", "type"}) != "Migrate";
}

bool IsBaseConfigMap(const Json& config_map, const std::string& ns) {
  return !ns.empty() && kube::Namespace(config_map) == ns && kube::Name(config_map) == kBaseConfigMap;
}

}  // namespace crm::gardener
