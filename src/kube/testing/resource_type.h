#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kube/client.h"

namespace crm::kube::testing {

/// A column of `kubectl get`: a CRD's additionalPrinterColumns.
struct PrinterColumn {
  std::string name;
  std::string type;  ///< "string", "date", ...
  std::string json_path;
  int priority = 0;
};

/// One resource that the embedded server serves, in one version.
struct ResourceType {
  std::string group;
  std::string version;
  std::string plural;
  std::string singular;
  std::string kind;
  std::string list_kind;
  std::vector<std::string> short_names;
  bool namespaced = true;
  bool has_status = false;           ///< serves /status; main writes ignore the status
  bool has_generation = false;       ///< metadata.generation counts changes of the wanted state
  bool custom = false;               ///< from a CustomResourceDefinition
  bool unconditional_update = true;  ///< PUT without resourceVersion is accepted
  bool loose_names = false;          ///< names are path segments (RBAC), not DNS subdomains
  std::vector<PrinterColumn> columns;
  std::shared_ptr<const Json>
      schema;  ///< openAPIV3Schema; null for built-in kinds and where the CRD has none

  std::string GroupVersion() const;   ///< "v1", "apps/v1"
  std::string QualifiedName() const;  ///< "configmaps", "daemonsets.apps"
  std::string StoreName() const;      ///< "apps/daemonsets": the same for all versions
};

using ResourceTypePtr = std::shared_ptr<const ResourceType>;

/// The resources served: a built-in table and what CustomResourceDefinitions add. Not thread-safe.
class ResourceRegistry {
 public:
  ResourceRegistry();

  /// nullptr when not served.
  ResourceTypePtr Find(std::string_view group, std::string_view version, std::string_view plural) const;
  /// Any version of the kind with this group and version.
  ResourceTypePtr FindKind(std::string_view api_version, std::string_view kind) const;
  std::vector<ResourceTypePtr> All() const;  ///< in the order of registration
  void Register(ResourceType type);          ///< replaces the same group, version and plural
  void Unregister(std::string_view group, std::string_view plural);

 private:
  std::vector<ResourceTypePtr> types_;
};

/// The resources that a CustomResourceDefinition (apiextensions.k8s.io/v1) makes served. InvalidArgument
/// naming the field that is missing or contradicts the name.
absl::StatusOr<std::vector<ResourceType>> TypesOfCrd(const Json& crd);

}  // namespace crm::kube::testing
