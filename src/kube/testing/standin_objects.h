#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kube/client.h"

/// The pure part of the resource manager's stand-in: what a ManagedResource asks for, as objects. Facts: spec
/// 60 section 2.4.
namespace crm::kube::testing {

/// Names one object in the target cluster.
struct ObjectRef {
  std::string api_version;
  std::string kind;
  std::string ns;
  std::string name;

  std::string ToString() const;  ///< "apps/v1/DaemonSet/kube-system/agent", for messages
  auto operator<=>(const ObjectRef&) const = default;
};
ObjectRef RefOf(const Json& object);

/// The objects in the `data` of a Secret, key by key. InvalidArgument naming the key for what cannot be
/// decoded: broken base64 or YAML, entries without apiVersion, kind or name, and Brotli-compressed keys
/// (".br"), which this stand-in does not read. Lists ("kind: List") are taken apart.
absl::StatusOr<std::vector<Json>> DecodeSecret(const Json& secret);

/// Sorts into Helm's install order by kind; the order within a kind stays.
void SortForInstall(std::vector<Json>& objects);

/// What is laid over every object of a ManagedResource.
struct Decoration {
  std::string origin;                         ///< "[CLUSTER:]NAMESPACE/NAME" of the ManagedResource
  std::map<std::string, std::string> labels;  ///< spec.injectLabels
};
Decoration DecorationOf(const Json& managed_resource, std::string_view cluster_id);

/// Adds the managed-by and injected labels to the object, its pod template and its volume claim templates,
/// and the origin annotation to the object.
void Decorate(const Decoration& decoration, Json& object);

/// Whether the object's annotation "resources.gardener.cloud/NAME" is "true".
bool HasOption(const Json& object, std::string_view name);

/// What the object in the cluster should become: the wanted one with the current metadata, status and the
/// fields that the cluster assigns; labels and annotations of others stay, those that `before` (what was
/// applied the last time: "labels" and "annotations" mappings) had and the wanted one lacks go. `overwrite_*`
/// drop those of others too.
struct MergeRules {
  bool overwrite_labels = false;
  bool overwrite_annotations = false;
};
Json MergeWanted(const Json& current, const Json& wanted, const Json& before, const MergeRules& rules);

}  // namespace crm::kube::testing
