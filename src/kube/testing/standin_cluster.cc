#include "kube/testing/standin_cluster.h"

#include "base/status.h"
#include "fmt/format.h"
#include "kube/objects.h"
#include "kube/testing/json_text.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

HealthFinding CheckDaemonSet(const Json& object) {
  if (Find(object, {"status", "observedGeneration"}) == nullptr) {
    return {Health::kUnknown, "no controller has reported its status yet"};
  }
  const int64_t observed = FindInt(object, {"status", "observedGeneration"});
  if (observed < Generation(object)) {
    return {Health::kProgressing,
            fmt::format("observed generation outdated ({}/{})", observed, Generation(object))};
  }
  const int64_t desired = FindInt(object, {"status", "desiredNumberScheduled"});
  const int64_t scheduled = FindInt(object, {"status", "currentNumberScheduled"});
  const int64_t updated = FindInt(object, {"status", "updatedNumberScheduled"});
  const int64_t misscheduled = FindInt(object, {"status", "numberMisscheduled"});
  const int64_t ready = FindInt(object, {"status", "numberReady"});
  if (scheduled < desired) {
    return {Health::kUnhealthy, fmt::format("not enough scheduled pods ({}/{})", scheduled, desired)};
  }
  if (misscheduled > 0)
    return {Health::kUnhealthy, fmt::format("misscheduled pods found ({})", misscheduled)};
  if (updated < desired)
    return {Health::kProgressing, fmt::format("{} of {} pods updated", updated, desired)};
  if (ready < desired) return {Health::kUnhealthy, fmt::format("{} of {} pods ready", ready, desired)};
  return {};
}

HealthFinding CheckDeployment(const Json& object) {
  if (Find(object, {"status", "observedGeneration"}) == nullptr) {
    return {Health::kUnknown, "no controller has reported its status yet"};
  }
  if (FindInt(object, {"status", "observedGeneration"}) < Generation(object)) {
    return {Health::kProgressing, "observed generation outdated"};
  }
  const Json* replicas = Find(object, {"spec", "replicas"});
  const int64_t desired = replicas == nullptr ? 1 : FindInt(object, {"spec", "replicas"});
  const int64_t available = FindInt(object, {"status", "availableReplicas"});
  if (FindInt(object, {"status", "updatedReplicas"}) < desired)
    return {Health::kProgressing, "not all pods updated"};
  if (available < desired)
    return {Health::kUnhealthy, fmt::format("{} of {} pods available", available, desired)};
  return {};
}

HealthFinding CheckCrd(const Json& object) {
  const Json* conditions = Find(object, {"status", "conditions"});
  if (conditions != nullptr && conditions->is_array()) {
    for (const Json& condition : *conditions) {
      if (FindString(condition, {"type"}) == "Established" && FindString(condition, {"status"}) == "True")
        return {};
    }
  }
  return {Health::kUnhealthy, "condition Established is not True"};
}

}  // namespace

HealthFinding CheckHealth(const Json& object) {
  const std::string_view kind = Kind(object);
  if (kind == "DaemonSet") return CheckDaemonSet(object);
  if (kind == "Deployment") return CheckDeployment(object);
  if (kind == "CustomResourceDefinition") return CheckCrd(object);
  return {};
}

absl::StatusOr<Resource> TargetCluster::ResourceOf(const std::string& api_version, const std::string& kind) {
  if (auto group = kinds_.find(api_version); group != kinds_.end()) {
    if (auto found = group->second.find(kind); found != group->second.end()) return found->second;
  }
  const size_t slash = api_version.find('/');
  const std::string path = slash == std::string::npos ? "/api/" + api_version : "/apis/" + api_version;
  const absl::StatusOr<std::string> text = client_.Raw("GET", path, "");
  if (!text.ok() && !absl::IsNotFound(text.status())) return Annotate(text.status(), path);
  if (text.ok()) {
    CRM_ASSIGN_OR_RETURN(const Json document, ParseJson(*text));
    const Json* list = Find(document, {"resources"});
    for (const Json& entry : list == nullptr ? Json::array() : *list) {
      const std::string name(FindString(entry, {"name"}));
      if (name.empty() || name.find('/') != std::string::npos) continue;  // subresources
      Resource resource;
      resource.group = slash == std::string::npos ? "" : api_version.substr(0, slash);
      resource.version = slash == std::string::npos ? api_version : api_version.substr(slash + 1);
      resource.plural = name;
      const Json* namespaced = Find(entry, {"namespaced"});
      resource.namespaced = namespaced != nullptr && *namespaced == true;
      kinds_[api_version].emplace(FindString(entry, {"kind"}), std::move(resource));
    }
    if (auto found = kinds_[api_version].find(kind); found != kinds_[api_version].end()) return found->second;
  }
  return NotFound("no matches for kind \"{}\" in version \"{}\"", kind, api_version);
}

absl::StatusOr<Json> TargetCluster::Get(const ObjectRef& ref) {
  CRM_ASSIGN_OR_RETURN(const Resource resource, ResourceOf(ref.api_version, ref.kind));
  return client_.Get(resource, ref.ns, ref.name);
}

absl::StatusOr<Json> TargetCluster::Apply(const Json& wanted, const Json& before, const MergeRules& rules) {
  const ObjectRef ref = RefOf(wanted);
  CRM_ASSIGN_OR_RETURN(const Resource resource, ResourceOf(ref.api_version, ref.kind));
  const absl::StatusOr<Json> current = client_.Get(resource, ref.ns, ref.name);
  if (absl::IsNotFound(current.status())) return client_.Create(resource, ref.ns, wanted);
  if (!current.ok()) return current.status();
  Json patch = MergePatch(*current, MergeWanted(*current, wanted, before, rules));
  if (patch.empty()) return *current;
  return client_.Patch(resource, ref.ns, ref.name, PatchType::kMerge, patch, {});
}

absl::StatusOr<bool> TargetCluster::Delete(const ObjectRef& ref) {
  const absl::StatusOr<Resource> resource = ResourceOf(ref.api_version, ref.kind);
  if (absl::IsNotFound(resource.status())) return true;
  if (!resource.ok()) return resource.status();
  const absl::StatusOr<Json> current = client_.Get(*resource, ref.ns, ref.name);
  if (absl::IsNotFound(current.status())) return true;
  if (!current.ok()) return current.status();
  if (HasOption(*current, "keep-object")) return true;
  if (!IsBeingDeleted(*current)) {
    DeleteOptions options;
    options.uid = Uid(*current);
    options.propagation =
        resource->group == "apps" || resource->group == "batch" ? "Foreground" : "Background";
    const absl::Status deleted = client_.Delete(*resource, ref.ns, ref.name, options);
    if (!deleted.ok() && !absl::IsNotFound(deleted)) return deleted;
  }
  return absl::IsNotFound(client_.Get(*resource, ref.ns, ref.name).status());
}

}  // namespace crm::kube::testing
