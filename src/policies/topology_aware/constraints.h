#pragma once

#include "absl/status/statusor.h"
#include "base/cpuset.h"
#include "config/plan.h"
#include "hardware/machine.h"
#include "placement/policy.h"

namespace crm::policies::topology_aware {

/// Which CPUs the policy may use, and which of them are set aside. Spec 30 section 2.
struct Constraints {
  CpuSet allowed;
  CpuSet isolated;  ///< kernel-isolated ones among the allowed
  CpuSet reserved;  ///< subset of allowed without isolated; never empty
};

/// Applies policy.AvailableResources and policy.ReservedResources to a machine. Errors are InvalidArgument
/// and start with the key's path.
absl::StatusOr<Constraints> ResolveConstraints(const hardware::Machine& machine, const config::Plan& plan,
                                               const placement::CgroupReader& read_cgroup);

}  // namespace crm::policies::topology_aware
