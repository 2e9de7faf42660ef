#include "kube/testing/resource_type.h"

#include <algorithm>

#include "base/status.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

enum Trait : unsigned {
  kPlain = 0,
  kCluster = 1,      // not namespaced
  kStatus = 2,       // has /status
  kGeneration = 4,   // counts changes of the spec
  kConditional = 8,  // PUT needs a resourceVersion
  kLooseNames = 16,
};

struct Builtin {
  const char* group;
  const char* version;
  const char* plural;
  const char* kind;
  const char* short_name;
  unsigned traits;
};

// The kinds of a Kubernetes API server that an agent, a resource manager and an extension touch.
constexpr Builtin kBuiltins[] = {
    {"", "v1", "configmaps", "ConfigMap", "cm", kPlain},
    {"", "v1", "events", "Event", "ev", kPlain},
    {"", "v1", "namespaces", "Namespace", "ns", kCluster | kStatus},
    {"", "v1", "nodes", "Node", "no", kCluster | kStatus},
    {"", "v1", "pods", "Pod", "po", kStatus},
    {"", "v1", "secrets", "Secret", "", kPlain},
    {"", "v1", "serviceaccounts", "ServiceAccount", "sa", kPlain},
    {"", "v1", "services", "Service", "svc", kStatus},
    {"apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", "crd",
     kCluster | kStatus | kGeneration | kConditional},
    {"apps", "v1", "daemonsets", "DaemonSet", "ds", kStatus | kGeneration},
    {"apps", "v1", "deployments", "Deployment", "deploy", kStatus | kGeneration},
    {"coordination.k8s.io", "v1", "leases", "Lease", "", kConditional},
    {"rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", "", kCluster | kLooseNames},
    {"rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", "",
     kCluster | kLooseNames},
    {"rbac.authorization.k8s.io", "v1", "roles", "Role", "", kLooseNames},
    {"rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", "", kLooseNames},
    {"scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", "pc", kCluster},
};

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

bool FlagAt(const Json& object, const char* key) {
  const Json* value = Find(object, {key});
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::vector<PrinterColumn> ColumnsOf(const Json& version) {
  std::vector<PrinterColumn> columns;
  const Json* list = Find(version, {"additionalPrinterColumns"});
  if (list == nullptr || !list->is_array()) return columns;
  for (const Json& entry : *list) {
    columns.push_back({std::string(FindString(entry, {"name"})), std::string(FindString(entry, {"type"})),
                       std::string(FindString(entry, {"jsonPath"})),
                       static_cast<int>(FindInt(entry, {"priority"}))});
  }
  return columns;
}

}  // namespace

std::string ResourceType::GroupVersion() const { return group.empty() ? version : group + "/" + version; }
std::string ResourceType::QualifiedName() const { return group.empty() ? plural : plural + "." + group; }
std::string ResourceType::StoreName() const { return group + "/" + plural; }

ResourceRegistry::ResourceRegistry() {
  for (const Builtin& builtin : kBuiltins) {
    ResourceType type;
    type.group = builtin.group;
    type.version = builtin.version;
    type.plural = builtin.plural;
    type.kind = builtin.kind;
    type.singular = Lower(type.kind);
    type.list_kind = type.kind + "List";
    if (*builtin.short_name != '\0') type.short_names.push_back(builtin.short_name);
    type.namespaced = (builtin.traits & kCluster) == 0;
    type.has_status = (builtin.traits & kStatus) != 0;
    type.has_generation = (builtin.traits & kGeneration) != 0;
    type.unconditional_update = (builtin.traits & kConditional) == 0;
    type.loose_names = (builtin.traits & kLooseNames) != 0;
    Register(std::move(type));
  }
}

ResourceTypePtr ResourceRegistry::Find(std::string_view group, std::string_view version,
                                       std::string_view plural) const {
  for (const ResourceTypePtr& type : types_) {
    if (type->group == group && type->version == version && type->plural == plural) return type;
  }
  return nullptr;
}

ResourceTypePtr ResourceRegistry::FindKind(std::string_view api_version, std::string_view kind) const {
  for (const ResourceTypePtr& type : types_) {
    if (type->kind == kind && type->GroupVersion() == api_version) return type;
  }
  return nullptr;
}

std::vector<ResourceTypePtr> ResourceRegistry::All() const { return types_; }

void ResourceRegistry::Register(ResourceType type) {
  auto fresh = std::make_shared<const ResourceType>(std::move(type));
  for (ResourceTypePtr& old : types_) {
    if (old->group == fresh->group && old->version == fresh->version && old->plural == fresh->plural) {
      old = std::move(fresh);
      return;
    }
  }
  types_.push_back(std::move(fresh));
}

void ResourceRegistry::Unregister(std::string_view group, std::string_view plural) {
  std::erase_if(types_,
                [&](const ResourceTypePtr& type) { return type->group == group && type->plural == plural; });
}

absl::StatusOr<std::vector<ResourceType>> TypesOfCrd(const Json& crd) {
  ResourceType base;
  base.custom = true;
  base.has_generation = true;
  base.unconditional_update = false;
  base.group = FindString(crd, {"spec", "group"});
  base.plural = FindString(crd, {"spec", "names", "plural"});
  base.kind = FindString(crd, {"spec", "names", "kind"});
  base.singular = FindString(crd, {"spec", "names", "singular"});
  base.list_kind = FindString(crd, {"spec", "names", "listKind"});
  if (base.singular.empty()) base.singular = Lower(base.kind);
  if (base.list_kind.empty()) base.list_kind = base.kind + "List";
  if (base.group.empty()) return InvalidArgument("spec.group: Required value");
  if (base.plural.empty()) return InvalidArgument("spec.names.plural: Required value");
  if (base.kind.empty()) return InvalidArgument("spec.names.kind: Required value");
  if (Name(crd) != base.QualifiedName()) {
    return InvalidArgument("metadata.name: Invalid value: \"{}\": must be spec.names.plural+\".\"+spec.group",
                           Name(crd));
  }
  const std::string_view scope = FindString(crd, {"spec", "scope"});
  if (scope != "Namespaced" && scope != "Cluster") {
    return InvalidArgument(
        "spec.scope: Unsupported value: \"{}\": supported values: \"Cluster\", \"Namespaced\"", scope);
  }
  base.namespaced = scope == "Namespaced";
  if (const Json* names = kube::Find(crd, {"spec", "names", "shortNames"});
      names != nullptr && names->is_array()) {
    for (const Json& name : *names) {
      if (name.is_string()) base.short_names.push_back(name.get<std::string>());
    }
  }
  const Json* versions = kube::Find(crd, {"spec", "versions"});
  if (versions == nullptr || !versions->is_array() || versions->empty()) {
    return InvalidArgument("spec.versions: Required value");
  }
  std::vector<ResourceType> types;
  int storage_versions = 0;
  for (const Json& version : *versions) {
    storage_versions += FlagAt(version, "storage") ? 1 : 0;
    ResourceType type = base;
    type.version = FindString(version, {"name"});
    if (type.version.empty()) return InvalidArgument("spec.versions.name: Required value");
    const Json* status = kube::Find(version, {"subresources", "status"});
    type.has_status = status != nullptr && status->is_object();
    type.columns = ColumnsOf(version);
    if (const Json* schema = kube::Find(version, {"schema", "openAPIV3Schema"}); schema != nullptr) {
      type.schema = std::make_shared<const Json>(*schema);
    }
    if (FlagAt(version, "served")) types.push_back(std::move(type));
  }
  if (storage_versions != 1) {
    return InvalidArgument(
        "spec.versions: Invalid value: must have exactly one version marked as storage version");
  }
  return types;
}

}  // namespace crm::kube::testing
