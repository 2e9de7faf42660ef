#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kube/client.h"
#include "nlohmann/json_fwd.hpp"

/// Small pure helpers around Kubernetes objects. Objects come from outside: no accessor throws or trusts a
/// type; what is absent or of the wrong type reads as "", 0, nullptr or empty. All functions are thread-safe.
namespace crm::kube {

/// The collections this project reads and writes.
namespace resources {
extern const Resource kPods;
extern const Resource kNodes;
extern const Resource kNamespaces;
extern const Resource kConfigMaps;
extern const Resource kSecrets;
extern const Resource kServiceAccounts;
extern const Resource kServices;
extern const Resource kEvents;  ///< core/v1
extern const Resource kDaemonSets;
extern const Resource kDeployments;
extern const Resource kClusterRoles;
extern const Resource kClusterRoleBindings;
extern const Resource kRoles;
extern const Resource kRoleBindings;
extern const Resource kLeases;
extern const Resource kCustomResourceDefinitions;
extern const Resource kExtensions;        ///< extensions.gardener.cloud/v1alpha1
extern const Resource kClusters;          ///< extensions.gardener.cloud/v1alpha1, cluster-scoped
extern const Resource kManagedResources;  ///< resources.gardener.cloud/v1alpha1
extern const Resource kAdjustments;       ///< criresmgr.intel.com/v1alpha1
}  // namespace resources

/// "v1" or "apps/v1": what an object of this collection has in `apiVersion`.
std::string ApiVersion(const Resource& resource);

/// The value at object[path[0]][path[1]]...; nullptr when a step is absent or no mapping. Lives as long as
/// `object`.
const Json* Find(const Json& object, std::initializer_list<std::string_view> path);
/// The string there, "" when absent or no string. The view lives as long as `object`.
std::string_view FindString(const Json& object, std::initializer_list<std::string_view> path);
/// The integer there, 0 when absent or no integer.
int64_t FindInt(const Json& object, std::initializer_list<std::string_view> path);

std::string_view Kind(const Json& object);
std::string_view Name(const Json& object);
std::string_view Namespace(const Json& object);
std::string_view Uid(const Json& object);
std::string_view ResourceVersion(const Json& object);
int64_t Generation(const Json& object);
/// "namespace/name", or "name" for a cluster-scoped object: the key of work queues.
std::string ObjectKey(const Json& object);
/// The two parts of an ObjectKey; the namespace is "" when there is no '/'.
struct KeyParts {
  std::string ns;
  std::string name;
};
KeyParts SplitKey(std::string_view key);

/// nullptr when the object has no such annotation (or label), or one that is no string.
const std::string* Annotation(const Json& object, std::string_view name);
const std::string* Label(const Json& object, std::string_view name);

/// Whether metadata.deletionTimestamp is set: the object waits for its finalizers.
bool IsBeingDeleted(const Json& object);
std::vector<std::string> Finalizers(const Json& object);
bool HasFinalizer(const Json& object, std::string_view name);

/// The JSON merge patch (RFC 7386) that turns `from` into `to`; an empty mapping when they are equal. A merge
/// patch can not set a member to null: such a member of `to` reads as absent.
Json MergePatch(const Json& from, const Json& to);
/// `target` with `patch` applied (RFC 7386 section 2).
Json ApplyMergePatch(Json target, const Json& patch);

/// "2006-01-02T15:04:05Z", the text of a Kubernetes Time.
std::string Rfc3339(absl::Time time);
/// "2006-01-02T15:04:05.000000Z", the text of a Kubernetes MicroTime (Leases).
std::string Rfc3339Micro(absl::Time time);
/// Any RFC 3339 text; InvalidArgument naming it otherwise.
absl::StatusOr<absl::Time> ParseRfc3339(std::string_view text);

}  // namespace crm::kube
