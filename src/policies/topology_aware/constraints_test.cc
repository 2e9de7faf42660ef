#include "policies/topology_aware/constraints.h"

#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policies/topology_aware/testing_node.h"

namespace crm::policies::topology_aware {
namespace {

absl::StatusOr<Constraints> Resolve(config::CpuConstraint available, config::CpuConstraint reserved,
                                    const CpuSet& isolated = {}) {
  hardware::Machine machine = *hardware::Synthetic(kN4C16);
  machine.isolated = isolated;
  config::Plan plan;
  plan.available = std::move(available);
  plan.reserved = std::move(reserved);
  return ResolveConstraints(machine, plan, [](const std::string& directory) -> absl::StatusOr<CpuSet> {
    if (directory == "pods") return Cpus("1-4,11");
    return NotFound("cgroup {}: no such directory", directory);
  });
}

std::string ErrorOf(const absl::StatusOr<Constraints>& constraints) {
  return constraints.ok() ? "no error" : std::string(constraints.status().message());
}

using config::CgroupCpus;
using config::CpuQuantity;
constexpr std::monostate kUnset;

TEST(Constraints, QuantitiesAreRoundedUpToCpus) {
  for (const auto& [milli, cpus] :
       {std::pair{1, "0"}, {750, "0"}, {1000, "0"}, {1001, "0-1"}, {3000, "0-2"}}) {
    const auto constraints = Resolve(kUnset, CpuQuantity{milli});
    ASSERT_TRUE(constraints.ok()) << constraints.status();
    EXPECT_EQ(constraints->reserved.ToString(), cpus) << milli;
    EXPECT_EQ(constraints->allowed.ToString(), "0-15");
  }
}

TEST(Constraints, AQuantityAvoidsIsolatedCpus) {
  const auto constraints = Resolve(kUnset, CpuQuantity{1000}, Cpus("0-3"));
  ASSERT_TRUE(constraints.ok()) << constraints.status();
  EXPECT_EQ(constraints->reserved.ToString(), "4");
  EXPECT_EQ(constraints->isolated.ToString(), "0-3");
}

TEST(Constraints, AvailableCpusAreOnlineOnes) {
  const auto constraints = Resolve(Cpus("8-11,40"), Cpus("11"), Cpus("3,9"));
  ASSERT_TRUE(constraints.ok()) << constraints.status();
  EXPECT_EQ(constraints->allowed.ToString(), "8-11");
  EXPECT_EQ(constraints->isolated.ToString(), "9");
}

TEST(Constraints, ReadCgroups) {
  const auto constraints = Resolve(CgroupCpus{"pods"}, Cpus("11"));
  ASSERT_TRUE(constraints.ok()) << constraints.status();
  EXPECT_EQ(constraints->allowed.ToString(), "1-4,11");
  EXPECT_EQ(ErrorOf(Resolve(CgroupCpus{"/none"}, Cpus("11"))),
            "policy.AvailableResources.CPU: cgroup /none: no such directory");
  EXPECT_EQ(ErrorOf(Resolve(kUnset, CgroupCpus{"/none"})),
            "policy.ReservedResources.CPU: cgroup /none: no such directory");
}

TEST(Constraints, SayNoWithTheKeysPath) {
  const std::string no_reservation =
      "policy.ReservedResources: topology-aware cannot start without CPU reservation";
  EXPECT_EQ(ErrorOf(Resolve(kUnset, kUnset)), no_reservation);
  EXPECT_EQ(ErrorOf(Resolve(kUnset, CpuQuantity{0})), no_reservation);
  EXPECT_EQ(ErrorOf(Resolve(kUnset, CpuSet())), no_reservation);
  EXPECT_EQ(
      ErrorOf(Resolve(kUnset, Cpus("900"))),
      "policy.ReservedResources.CPU: CPU set \"900\" has CPUs that this machine does not have: 900 (online: "
      "0-15)");
  EXPECT_EQ(
      ErrorOf(Resolve(Cpus("4-7"), Cpus("3-4"))),
      "policy.ReservedResources.CPU: CPU set \"3-4\" has CPUs outside of policy.AvailableResources.CPU: 3 "
      "(available: 4-7)");
  EXPECT_EQ(
      ErrorOf(Resolve(kUnset, Cpus("2-3"), Cpus("3"))),
      "policy.ReservedResources.CPU: CPU set \"2-3\" has kernel-isolated CPUs, which cannot be reserved: 3");
  EXPECT_EQ(ErrorOf(Resolve(kUnset, CpuQuantity{17000})),
            "policy.ReservedResources.CPU: 17000m need 17 CPUs, but only 16 are available: 0-15");
  EXPECT_EQ(ErrorOf(Resolve(CpuQuantity{4000}, Cpus("0"))),
            "policy.AvailableResources.CPU: expected a CPU set or a cgroup, got the quantity 4000m");
  EXPECT_EQ(ErrorOf(Resolve(Cpus("20-30"), Cpus("0"))),
            "policy.AvailableResources.CPU: CPU set \"20-30\" has no CPU of this machine (online: 0-15)");
  EXPECT_EQ(Resolve(kUnset, Cpus("900")).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace crm::policies::topology_aware
