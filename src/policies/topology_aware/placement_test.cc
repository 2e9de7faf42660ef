// Spec 30 sections 15.3 to 15.7: who gets which CPUs on n4c16.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policies/topology_aware/testing_node.h"

namespace crm::policies::topology_aware {
namespace {

#define ASSERT_PLACED(expression)              \
  do {                                         \
    const absl::Status placed_ = (expression); \
    ASSERT_TRUE(placed_.ok()) << placed_;      \
  } while (false)

constexpr char kPreferShared[] = "prefer-shared-cpus.cri-resource-manager.intel.com/pod";
constexpr char kPreferIsolated[] = "prefer-isolated-cpus.cri-resource-manager.intel.com/pod";

void AddAll(TestNode* node, const std::vector<std::string>& names, const Ask& ask) {
  for (const std::string& name : names) ASSERT_PLACED(node->Add(name, ask));
}

TEST(BasicPlacement, ExclusiveCpusSpreadOverTheNodes) {
  TestNode node(kN4C16);
  AddAll(&node, {"a", "b", "c", "d"}, G(1000));
  EXPECT_EQ(node.cpus("a"), "4");
  EXPECT_EQ(node.cpus("b"), "8");
  EXPECT_EQ(node.cpus("c"), "12");
  EXPECT_EQ(node.cpus("d"), "1");
  EXPECT_EQ(node.mems("a") + node.mems("b") + node.mems("c") + node.mems("d"), "1230");
  EXPECT_EQ(node.pool("a"), "NUMA node #1");
  EXPECT_EQ(node.reason("a").kind, "exclusive");
  EXPECT_EQ(node.shares("a"), 1024);
}

TEST(BasicPlacement, APoolIsNotUsedUpByExclusiveCpus) {
  TestNode node(kN4C16);
  AddAll(&node, {"a", "b", "c", "d"}, G(3000));
  EXPECT_EQ(node.cpus("a"), "4-6");
  EXPECT_EQ(node.cpus("b"), "8-10");
  EXPECT_EQ(node.cpus("c"), "12-14");
  EXPECT_EQ(node.cpus("d"), "1-3");
  EXPECT_EQ(node.pool("d"), "socket #0");
  EXPECT_EQ(node.mems("d"), "0,1");
}

TEST(BasicPlacement, BurstableContainersShareWholePools) {
  TestNode node(kN4C16);
  AddAll(&node, {"a", "b", "c", "d", "e"}, B(2000));
  EXPECT_EQ(node.cpus("a"), "4-7");
  EXPECT_EQ(node.cpus("b"), "8-11");
  EXPECT_EQ(node.cpus("c"), "12-15");
  EXPECT_EQ(node.cpus("d"), "1-3");
  EXPECT_EQ(node.pool("e"), "socket #1");
  EXPECT_EQ(node.cpus("e"), "8-15");
  EXPECT_EQ(node.shares("e"), 2048);
}

TEST(BasicPlacement, ReleasedInitContainersLeaveRoomForTheNext) {
  TestNode node(kN4C16);
  for (int i = 0; i < 5; ++i) {
    ASSERT_PLACED(node.Add("init", G(5000)));
    EXPECT_EQ(node.cpus("init"), "8-12");
    node.Delete("init");
  }
  AddAll(&node, {"a", "b"}, G(5000));
  EXPECT_EQ(node.cpus("a"), "8-12");
  EXPECT_EQ(node.cpus("b"), "1-5");
}

TEST(BasicPlacement, BestEffortContainersSpread) {
  TestNode node(kN4C16);
  AddAll(&node, {"a", "b", "c", "d", "e"}, E());
  EXPECT_EQ(node.cpus("a"), "4-7");
  EXPECT_EQ(node.cpus("b"), "8-11");
  EXPECT_EQ(node.cpus("c"), "12-15");
  EXPECT_EQ(node.cpus("d"), "1-3");
  EXPECT_EQ(node.cpus("e"), "4-7");
  EXPECT_EQ(node.shares("e"), 2);
}

TEST(BasicPlacement, AlmostTheWholeMachine) {
  TestNode node(kN4C16);
  ASSERT_PLACED(node.Add("big", G(14000)));
  EXPECT_EQ(node.pool("big"), "root");
  EXPECT_EQ(node.cpus("big"), "2-15");
  ASSERT_PLACED(node.Add("e", E()));
  EXPECT_EQ(node.pool("e"), "NUMA node #0");
  EXPECT_EQ(node.cpus("e"), "1");
}

TEST(SharedSets, ShrinkAndGrow) {
  TestNode node(kN4C16);
  AddAll(&node, {"a0", "a1"}, G(5000));
  EXPECT_EQ(node.cpus("a0"), "8-12");
  EXPECT_EQ(node.cpus("a1"), "1-5");
  AddAll(&node, {"e0", "e1"}, E());
  EXPECT_EQ(node.cpus("e0"), "13-15");
  EXPECT_EQ(node.cpus("e1"), "6-7");
  node.Delete("a0");
  EXPECT_EQ(node.changed_others(), 1u);
  node.Delete("a1");
  EXPECT_EQ(node.cpus("e0"), "12-15");
  EXPECT_EQ(node.cpus("e1"), "4-7");
  AddAll(&node, {"b0", "b1", "b2", "b3"}, G(3000));
  EXPECT_EQ(node.cpus("b0"), "4-6");
  EXPECT_EQ(node.cpus("b1"), "8-10");
  EXPECT_EQ(node.cpus("b2"), "12-14");
  EXPECT_EQ(node.cpus("b3"), "1-3");
  EXPECT_EQ(node.cpus("e0"), "15");
  EXPECT_EQ(node.cpus("e1"), "7");
  ASSERT_PLACED(node.Add("c0", G(1000)));
  EXPECT_EQ(node.cpus("c0"), "11");
  EXPECT_EQ(node.pool("c0"), "socket #1");
  EXPECT_EQ(node.changed_others(), 0u);
}

TEST(Limits, ExclusiveCpusNeverTakeTheLastSharedOne) {
  TestNode node(kN4C16);
  for (int64_t milli : {15000, 16000}) {
    const absl::Status refused = node.Add("big", G(milli));
    EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  }
  EXPECT_EQ(node.Add("big", G(15000)).message(),
            "no room for container big:c, which asks for 15 exclusive CPUs: root comes nearest with 15000m "
            "free on its "
            "shared CPUs 1-15, of which exclusive CPUs must leave some; 1 CPU more is needed");
  EXPECT_EQ(node.cpus("big"), "-");
}

TEST(Limits, FractionsMayFitExactly) {
  for (int64_t milli : {14999, 15000}) {
    TestNode node(kN4C16);
    ASSERT_PLACED(node.Add("b", B(milli)));
    EXPECT_EQ(node.pool("b"), "root");
    EXPECT_EQ(node.cpus("b"), "1-15");
  }
  TestNode node(kN4C16);
  EXPECT_EQ(node.Add("b", B(15001)).message(),
            "no room for container b:c, which asks for 15001m of shared CPUs: root comes nearest with 15000m "
            "free on "
            "its shared CPUs 1-15, 1m too few");
}

TEST(Limits, SlicingAboveSparesSharedUsersBelow) {
  TestNode node(kN4C16);
  AddAll(&node, {"b1", "b2"}, B(2500));
  ASSERT_PLACED(node.Add("g", G(4000)));
  EXPECT_EQ(node.pool("g"), "socket #1");
  EXPECT_EQ(node.cpus("g"), "12-15");
  EXPECT_EQ(node.cpus("b1"), "4-7");
  EXPECT_EQ(node.cpus("b2"), "8-11");
}

TEST(Limits, SharedUsersMoveUpBeforeTheyRunDry) {
  TestNode node(kN4C16);
  AddAll(&node, {"e0", "e1", "e2", "e3"}, E());
  EXPECT_EQ(node.pool("e3"), "NUMA node #0");
  AddAll(&node, {"g0", "g1", "g2", "g3"}, G(3000));
  EXPECT_EQ(node.pool("g3"), "socket #0");
  EXPECT_EQ(node.cpus("g3"), "1-3");
  EXPECT_EQ(node.pool("e3"), "socket #0");
  EXPECT_EQ(node.cpus("e3"), "7");
  EXPECT_EQ(node.cpus("e0"), "7");
  EXPECT_THAT(node.reason("e3").text, testing::HasSubstr("moved up from NUMA node #0"));
}

config::Plan Available(const std::string& available, const std::string& reserved) {
  config::Plan plan = TestNode::DefaultPlan();
  plan.available = Cpus(available);
  plan.reserved = Cpus(reserved);
  return plan;
}

TEST(AvailableResources, PlacementStaysInside) {
  {
    TestNode node(kN4C16, Available("4-7,8-11", "11"));
    ASSERT_PLACED(node.Add("g", G(3000)));
    EXPECT_EQ(node.cpus("g"), "4-6");
    EXPECT_EQ(node.mems("g"), "1");
    AddAll(&node, {"s0", "s1"}, G(980));
    EXPECT_EQ(node.cpus("s0"), "8-10");
    EXPECT_EQ(node.cpus("s1"), "8-10");
    EXPECT_EQ(node.mems("s1"), "2");
  }
  for (const auto& [available, first, second, third, shrunk] :
       {std::tuple{"1-4,11", "1-3", "4", "1", "2-3"}, {"5-8,11", "5-7", "8", "5", "6-7"}}) {
    TestNode node(kN4C16, Available(available, "11"));
    AddAll(&node, {"s0", "s1"}, G(980));
    EXPECT_EQ(node.cpus("s0"), first);
    EXPECT_EQ(node.cpus("s1"), second);
    ASSERT_PLACED(node.Add("g", G(1000)));
    EXPECT_EQ(node.cpus("g"), third);
    EXPECT_EQ(node.cpus("s0"), shrunk);
  }
  TestNode node(kN4C16, Available("2,3,6,7,10", "10"));
  AddAll(&node, {"g0", "g1"}, G(1000));
  AddAll(&node, {"e0", "e1"}, E());
  EXPECT_EQ(node.cpus("g0"), "2");
  EXPECT_EQ(node.cpus("g1"), "6");
  EXPECT_EQ(node.cpus("e0"), "3");
  EXPECT_EQ(node.cpus("e1"), "7");
  EXPECT_FALSE(node.Add("g2", G(2000)).ok());
}

TEST(MixedAllocations, ExclusiveAndSharedTogether) {
  TestNode node(kN4C16);
  AddAll(&node, {"p0c0", "p0c1"}, G(500));
  EXPECT_EQ(node.cpus("p0c0"), "4-7");
  EXPECT_EQ(node.cpus("p0c1"), "8-11");
  AddAll(&node, {"p1c0", "p1c1"}, G(1500));
  EXPECT_EQ(node.cpus("p1c0"), "12-15");
  EXPECT_EQ(node.reason("p1c0").kind, "exclusive+shared");
  EXPECT_EQ(node.shares("p1c0"), 1536);
  EXPECT_EQ(node.cpus("p1c1"), "4-7");
  EXPECT_EQ(node.cpus("p0c0"), "5-7");
  AddAll(&node, {"p2c0", "p2c1"}, G(2400));
  EXPECT_EQ(node.pool("p2c0"), "NUMA node #0");
  EXPECT_EQ(node.cpus("p2c0"), "1-3");
  EXPECT_EQ(node.cpus("p2c1"), "8-11");
  EXPECT_EQ(node.reason("p2c1").kind, "shared");

  Ask p3 = G(2400);
  p3.annotations = {{kPreferShared, "false"}, {kPreferIsolated, "true"}};
  ASSERT_PLACED(node.Add("p3", p3));
  EXPECT_EQ(node.cpus("p3"), "13-15");
  EXPECT_THAT(node.reason("p3").text,
              testing::HasSubstr("owns CPUs 14-15 of NUMA node #3 and shares CPUs 13"));
  EXPECT_EQ(node.cpus("p1c0"), "12-13");
  node.Delete("p3");
  Ask p4 = p3;
  p4.annotations[kPreferIsolated] = "false";
  ASSERT_PLACED(node.Add("p4", p4));
  EXPECT_EQ(node.cpus("p4"), "13-15");
  EXPECT_EQ(node.cpus("p1c0"), "12-13");
  node.Delete("p1c0");
  node.Delete("p1c1");
  EXPECT_EQ(node.cpus("p0c0"), "4-7");
  EXPECT_EQ(node.cpus("p4"), "12-15");

  Ask p5 = G(1500);
  p5.annotations = {{kPreferShared, "true"}};
  AddAll(&node, {"p5c0", "p5c1"}, p5);
  EXPECT_EQ(node.pool("p5c0"), "NUMA node #1");
  EXPECT_EQ(node.cpus("p5c0"), "4-7");
  EXPECT_EQ(node.pool("p5c1"), "NUMA node #3");
  EXPECT_EQ(node.cpus("p5c1"), "12-13");
  for (const std::string& name : node.names()) EXPECT_EQ(node.mems(name).size(), 1u) << name;
}

TEST(TwoCpus, OneReservedLeavesNothingExclusive) {
  TestNode node("package:1 core:2 pu:1");
  ASSERT_PLACED(node.Add("e", E()));
  ASSERT_PLACED(node.Add("b", B(300)));
  EXPECT_EQ(node.pool("e"), "socket #0");
  EXPECT_EQ(node.cpus("e"), "1");
  EXPECT_EQ(node.cpus("b"), "1");
  Ask system = B(100);
  system.ns = "kube-system";
  ASSERT_PLACED(node.Add("s", system));
  EXPECT_EQ(node.cpus("s"), "0");
  EXPECT_EQ(node.reason("s").kind, "reserved");
  const absl::Status refused = node.Add("g", G(1000));
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.message(),
            "no room for container g:c, which asks for 1 exclusive CPU: socket #0 comes nearest with 700m "
            "free on its "
            "shared CPUs 1, of which exclusive CPUs must leave some; 1 CPU more is needed");
}

TEST(Reserved, MoreThanReservedSharesTheOthers) {
  TestNode node(kN4C16);
  Ask system = B(800);
  system.ns = "kube-system";
  AddAll(&node, {"s0", "s1"}, system);
  EXPECT_EQ(node.cpus("s0"), "0");
  EXPECT_EQ(node.shares("s0"), 819);
  EXPECT_EQ(node.pool("s1"), "root");
  EXPECT_EQ(node.cpus("s1"), "1-15");
  EXPECT_THAT(node.reason("s1").text, testing::HasSubstr("only 200m of the reserved CPUs are free"));
}

TEST(Isolated, SingleCpusComeFromIsolatedOnes) {
  hardware::Machine machine = *hardware::Synthetic(kN4C16);
  machine.isolated = Cpus("6,7,14");
  TestNode node(machine);
  AddAll(&node, {"g0", "g1"}, G(1000));
  EXPECT_EQ(node.cpus("g0"), "6");
  EXPECT_THAT(node.reason("g0").text, testing::HasSubstr("owns isolated CPUs 6 of NUMA node #1"));
  EXPECT_EQ(node.cpus("g1"), "14") << "with one isolated CPU each, node #3 has more shared ones";
  ASSERT_PLACED(node.Add("g2", G(1000)));
  EXPECT_EQ(node.cpus("g2"), "7");
  ASSERT_PLACED(node.Add("g3", G(1000)));
  EXPECT_EQ(node.cpus("g3"), "8") << "no isolated CPU is left, so it is a sharable one";
  ASSERT_PLACED(node.Add("e", E()));
  node.Delete("g0");
  ASSERT_PLACED(node.Add("e1", E()));
  EXPECT_FALSE(Cpus(node.cpus("e1")).Contains(6)) << "isolated CPUs never become shared";
}

TEST(Pinning, CanBeSwitchedOff) {
  config::Plan plan = TestNode::DefaultPlan();
  plan.topology_aware.pin_cpu = false;
  TestNode memory_only(kN4C16, plan);
  ASSERT_PLACED(memory_only.Add("g", G(1000)));
  EXPECT_EQ(memory_only.cpus("g"), "-");
  EXPECT_EQ(memory_only.shares("g"), 0);
  EXPECT_EQ(memory_only.mems("g"), "1");
  plan.topology_aware.pin_cpu = true;
  plan.topology_aware.pin_memory = false;
  TestNode cpu_only(kN4C16, plan);
  ASSERT_PLACED(cpu_only.Add("g", G(1000)));
  EXPECT_EQ(cpu_only.cpus("g"), "4");
  EXPECT_EQ(cpu_only.mems("g"), "-");
}

TEST(Release, OfAnUnknownContainerChangesNothing) {
  TestNode node(kN4C16);
  ASSERT_PLACED(node.Add("g", G(1000)));
  const std::string before = node.Describe();
  EXPECT_TRUE(node.policy().Release("unknown").empty());
  EXPECT_EQ(node.Describe(), before);
}

TEST(Allocate, TheSameContainerTwiceReplacesItsGrant) {
  TestNode node(kN4C16);
  ASSERT_PLACED(node.Add("g", G(14000)));
  ASSERT_PLACED(node.Add("g", G(14000)));
  EXPECT_EQ(node.cpus("g"), "2-15");
  EXPECT_FALSE(node.Add("g", G(15000)).ok());
  EXPECT_EQ(node.cpus("g"), "2-15") << "the old grant stays after a refusal";
}

}  // namespace
}  // namespace crm::policies::topology_aware
