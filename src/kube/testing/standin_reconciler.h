#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/log.h"
#include "kube/client.h"
#include "kube/testing/standin_cluster.h"
#include "kube/testing/standin_conditions.h"

namespace crm::kube::testing {

inline constexpr char kStandinFinalizer[] = "resources.gardener.cloud/gardener-resource-manager";

/// Brings one ManagedResource of the shoot's class about, as gardener-resource-manager does (spec 60
/// section 2.4). What it is about to apply is written into status.resources before, so that a crash at any
/// point leaves no object that a later deletion would not find. For one thread.
class StandinReconciler {
 public:
  /// `cluster_id` goes into the origin annotation; "" none.
  StandinReconciler(Client& source, Client& target, std::string cluster_id);

  /// When to look again: after this time, or InfiniteDuration for the next event or resync. An error: with
  /// back-off.
  absl::StatusOr<absl::Duration> Reconcile(const std::string& ns, const std::string& name);

 private:
  absl::StatusOr<absl::Duration> Apply(Json managed_resource);
  absl::StatusOr<absl::Duration> Remove(const Json& managed_resource);
  /// All secrets' objects, decorated, with their namespaces, in the order of installation.
  absl::StatusOr<std::vector<Json>> Wanted(const Json& managed_resource, std::string* reason);
  absl::Status SetStatus(Json& managed_resource, const std::vector<StandinCondition>& conditions,
                         const Json* resources, bool observed);
  /// Deletes; what still ends stays in the result.
  absl::StatusOr<std::vector<ObjectRef>> DeleteAll(const std::vector<ObjectRef>& refs);

  Client& source_;
  TargetCluster target_;
  std::string cluster_id_;
  Logger log_;
};

}  // namespace crm::kube::testing
