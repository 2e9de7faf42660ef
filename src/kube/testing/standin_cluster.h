#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kube/client.h"
#include "kube/testing/standin_objects.h"

namespace crm::kube::testing {

/// How an object fares, the worse one last.
enum class Health { kHealthy, kProgressing, kUnknown, kUnhealthy, kMissing };
struct HealthFinding {
  Health health = Health::kHealthy;
  std::string message;
};
/// By kind: DaemonSets and Deployments by their status against their generation, CustomResourceDefinitions by
/// Established; other kinds are healthy when they exist.
HealthFinding CheckHealth(const Json& object);

/// The target cluster as the stand-in uses it: any kind by what discovery says. For one thread.
class TargetCluster {
 public:
  explicit TargetCluster(Client& client) : client_(client) {}

  /// NotFound when the server has no such kind. Asks discovery again for kinds it has not seen.
  absl::StatusOr<Resource> ResourceOf(const std::string& api_version, const std::string& kind);

  /// Creates the object or changes the one there into it; no call when nothing differs. Returns it as it then
  /// is.
  absl::StatusOr<Json> Apply(const Json& wanted, const Json& before, const MergeRules& rules);
  absl::StatusOr<Json> Get(const ObjectRef& ref);
  /// Asks for its deletion (workloads in the foreground); true when it is gone, false while it still ends.
  /// Objects of kinds that the server does not know are gone.
  absl::StatusOr<bool> Delete(const ObjectRef& ref);

 private:
  Client& client_;
  std::map<std::string, std::map<std::string, Resource>> kinds_;  // by apiVersion, then kind
};

}  // namespace crm::kube::testing
