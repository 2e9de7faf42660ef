#include "policies/topology_aware/constraints.h"

#include "base/status.h"
#include "placement/cpu_allocator.h"

namespace crm::policies::topology_aware {
namespace {

constexpr char kAvailable[] = "policy.AvailableResources.CPU";
constexpr char kReserved[] = "policy.ReservedResources.CPU";

absl::StatusOr<CpuSet> ReadCgroup(const char* key, const config::CgroupCpus& cgroup,
                                  const placement::CgroupReader& read_cgroup) {
  if (!read_cgroup) return InvalidArgument("{}: cgroup {} cannot be read here", key, cgroup.directory);
  absl::StatusOr<CpuSet> cpus = read_cgroup(cgroup.directory);
  if (!cpus.ok()) return InvalidArgument("{}: {}", key, Message(cpus.status()));
  return cpus;
}

absl::StatusOr<CpuSet> ResolveAllowed(const hardware::Machine& machine,
                                      const config::CpuConstraint& available,
                                      const placement::CgroupReader& read_cgroup) {
  CpuSet stated;
  if (std::holds_alternative<std::monostate>(available)) return machine.online;
  if (const auto* quantity = std::get_if<config::CpuQuantity>(&available)) {
    return InvalidArgument("{}: expected a CPU set or a cgroup, got the quantity {}m", kAvailable,
                           quantity->milli);
  }
  if (const auto* set = std::get_if<CpuSet>(&available)) stated = *set;
  if (const auto* cgroup = std::get_if<config::CgroupCpus>(&available)) {
    CRM_ASSIGN_OR_RETURN(stated, ReadCgroup(kAvailable, *cgroup, read_cgroup));
  }
  CpuSet allowed = stated & machine.online;
  if (allowed.empty()) {
    return InvalidArgument("{}: CPU set \"{}\" has no CPU of this machine (online: {})", kAvailable,
                           stated.ToString(), machine.online.ToString());
  }
  return allowed;
}

/// The reserved CPUs that a set names. All of them must be there.
absl::Status CheckReserved(const hardware::Machine& machine, const Constraints& so_far,
                           const CpuSet& reserved) {
  if (const CpuSet missing = reserved - machine.online; !missing.empty()) {
    return InvalidArgument("{}: CPU set \"{}\" has CPUs that this machine does not have: {} (online: {})",
                           kReserved, reserved.ToString(), missing.ToString(), machine.online.ToString());
  }
  if (const CpuSet outside = reserved - so_far.allowed; !outside.empty()) {
    return InvalidArgument("{}: CPU set \"{}\" has CPUs outside of {}: {} (available: {})", kReserved,
                           reserved.ToString(), kAvailable, outside.ToString(), so_far.allowed.ToString());
  }
  if (const CpuSet isolated = reserved & so_far.isolated; !isolated.empty()) {
    return InvalidArgument("{}: CPU set \"{}\" has kernel-isolated CPUs, which cannot be reserved: {}",
                           kReserved, reserved.ToString(), isolated.ToString());
  }
  return absl::OkStatus();
}

absl::StatusOr<CpuSet> PickReserved(const hardware::Machine& machine, const Constraints& so_far,
                                    int64_t milli) {
  CpuSet candidates = so_far.allowed - so_far.isolated;
  const int64_t count = (milli + 999) / 1000;
  if (count > candidates.size()) {
    return InvalidArgument("{}: {}m need {} CPUs, but only {} are available: {}", kReserved, milli, count,
                           candidates.size(), candidates.ToString());
  }
  return placement::CpuAllocator(machine).Allocate(&candidates, static_cast<int>(count),
                                                   hardware::CpuPriority::kNormal);
}

}  // namespace

absl::StatusOr<Constraints> ResolveConstraints(const hardware::Machine& machine, const config::Plan& plan,
                                               const placement::CgroupReader& read_cgroup) {
  Constraints constraints;
  CRM_ASSIGN_OR_RETURN(constraints.allowed, ResolveAllowed(machine, plan.available, read_cgroup));
  constraints.isolated = machine.isolated & constraints.allowed;

  if (const auto* quantity = std::get_if<config::CpuQuantity>(&plan.reserved);
      quantity && quantity->milli > 0) {
    CRM_ASSIGN_OR_RETURN(constraints.reserved, PickReserved(machine, constraints, quantity->milli));
  } else if (const auto* set = std::get_if<CpuSet>(&plan.reserved)) {
    constraints.reserved = *set;
  } else if (const auto* cgroup = std::get_if<config::CgroupCpus>(&plan.reserved)) {
    CRM_ASSIGN_OR_RETURN(constraints.reserved, ReadCgroup(kReserved, *cgroup, read_cgroup));
  }
  if (constraints.reserved.empty()) {
    return InvalidArgument("policy.ReservedResources: topology-aware cannot start without CPU reservation");
  }
  CRM_RETURN_IF_ERROR(CheckReserved(machine, constraints, constraints.reserved));
  return constraints;
}

}  // namespace crm::policies::topology_aware
