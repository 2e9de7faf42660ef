#include "kube/objects.h"

#include <utility>

#include "base/status.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace crm::kube {

namespace resources {
namespace {
constexpr char kRbac[] = "rbac.authorization.k8s.io";
constexpr char kGardener[] = "extensions.gardener.cloud";
}  // namespace

const Resource kPods{"", "v1", "pods", true};
const Resource kNodes{"", "v1", "nodes", false};
const Resource kNamespaces{"", "v1", "namespaces", false};
const Resource kConfigMaps{"", "v1", "configmaps", true};
const Resource kSecrets{"", "v1", "secrets", true};
const Resource kServiceAccounts{"", "v1", "serviceaccounts", true};
const Resource kServices{"", "v1", "services", true};
const Resource kEvents{"", "v1", "events", true};
const Resource kDaemonSets{"apps", "v1", "daemonsets", true};
const Resource kDeployments{"apps", "v1", "deployments", true};
const Resource kClusterRoles{kRbac, "v1", "clusterroles", false};
const Resource kClusterRoleBindings{kRbac, "v1", "clusterrolebindings", false};
const Resource kRoles{kRbac, "v1", "roles", true};
const Resource kRoleBindings{kRbac, "v1", "rolebindings", true};
const Resource kLeases{"coordination.k8s.io", "v1", "leases", true};
const Resource kCustomResourceDefinitions{"apiextensions.k8s.io", "v1", "customresourcedefinitions", false};
const Resource kExtensions{kGardener, "v1alpha1", "extensions", true};
const Resource kClusters{kGardener, "v1alpha1", "clusters", false};
const Resource kManagedResources{"resources.gardener.cloud", "v1alpha1", "managedresources", true};
const Resource kAdjustments{"criresmgr.intel.com", "v1alpha1", "adjustments", true};
}  // namespace resources

std::string ApiVersion(const Resource& resource) {
  return resource.group.empty() ? resource.version : fmt::format("{}/{}", resource.group, resource.version);
}

const Json* Find(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* at = &object;
  for (std::string_view step : path) {
    if (!at->is_object()) return nullptr;
    auto found = at->find(std::string(step));
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

std::string_view FindString(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* found = Find(object, path);
  if (found == nullptr || !found->is_string()) return "";
  return found->get_ref<const std::string&>();
}

int64_t FindInt(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* found = Find(object, path);
  return found != nullptr && found->is_number_integer() ? found->get<int64_t>() : 0;
}

std::string_view Kind(const Json& object) { return FindString(object, {"kind"}); }
std::string_view Name(const Json& object) { return FindString(object, {"metadata", "name"}); }
std::string_view Namespace(const Json& object) { return FindString(object, {"metadata", "namespace"}); }
std::string_view Uid(const Json& object) { return FindString(object, {"metadata", "uid"}); }
std::string_view ResourceVersion(const Json& object) {
  return FindString(object, {"metadata", "resourceVersion"});
}
int64_t Generation(const Json& object) { return FindInt(object, {"metadata", "generation"}); }

std::string ObjectKey(const Json& object) {
  std::string_view ns = Namespace(object);
  return ns.empty() ? std::string(Name(object)) : fmt::format("{}/{}", ns, Name(object));
}

KeyParts SplitKey(std::string_view key) {
  size_t slash = key.find('/');
  if (slash == std::string_view::npos) return {"", std::string(key)};
  return {std::string(key.substr(0, slash)), std::string(key.substr(slash + 1))};
}

namespace {

const std::string* StringMember(const Json* mapping, std::string_view name) {
  if (mapping == nullptr || !mapping->is_object()) return nullptr;
  auto found = mapping->find(std::string(name));
  if (found == mapping->end() || !found->is_string()) return nullptr;
  return found->get_ptr<const std::string*>();
}

}  // namespace

const std::string* Annotation(const Json& object, std::string_view name) {
  return StringMember(Find(object, {"metadata", "annotations"}), name);
}

const std::string* Label(const Json& object, std::string_view name) {
  return StringMember(Find(object, {"metadata", "labels"}), name);
}

bool IsBeingDeleted(const Json& object) {
  return !FindString(object, {"metadata", "deletionTimestamp"}).empty();
}

std::vector<std::string> Finalizers(const Json& object) {
  std::vector<std::string> names;
  const Json* list = Find(object, {"metadata", "finalizers"});
  if (list == nullptr || !list->is_array()) return names;
  for (const Json& entry : *list) {
    if (entry.is_string()) names.push_back(entry.get<std::string>());
  }
  return names;
}

bool HasFinalizer(const Json& object, std::string_view name) {
  for (const std::string& finalizer : Finalizers(object)) {
    if (finalizer == name) return true;
  }
  return false;
}

Json MergePatch(const Json& from, const Json& to) {
  if (!to.is_object()) return to;
  static const Json kEmpty = Json::object();
  // What is replaced by a mapping is first emptied by whoever applies the patch, hence the empty mapping.
  const Json& base = from.is_object() ? from : kEmpty;
  Json patch = Json::object();
  for (auto member = base.begin(); member != base.end(); ++member) {
    auto kept = to.find(member.key());
    if (kept == to.end() || kept->is_null()) {
      if (!member->is_null()) patch[member.key()] = nullptr;
    }
  }
  for (auto member = to.begin(); member != to.end(); ++member) {
    if (member->is_null()) continue;
    auto old = base.find(member.key());
    if (old != base.end() && *old == *member) continue;
    if (!member->is_object()) {
      patch[member.key()] = *member;
      continue;
    }
    Json inner = MergePatch(old == base.end() ? Json() : *old, *member);
    // An empty inner patch still creates or replaces when the old value was no mapping.
    if (!inner.empty() || old == base.end() || !old->is_object()) patch[member.key()] = std::move(inner);
  }
  return patch;
}

Json ApplyMergePatch(Json target, const Json& patch) {
  target.merge_patch(patch);
  return target;
}

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string Rfc3339Micro(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

absl::StatusOr<absl::Time> ParseRfc3339(std::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, std::string(text), &time, &error)) {
    return InvalidArgument("time \"{}\": expected RFC 3339, as 2006-01-02T15:04:05Z", text);
  }
  return time;
}

}  // namespace crm::kube
