// Spec 30 sections 12 and 15.11, and the memory rows of 15.10 that a restart must keep.
#include <nlohmann/json.hpp>

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

constexpr int64_t kGi = int64_t{1} << 30;

Ask WithMemory(Ask ask, int64_t bytes) {
  ask.memory = bytes;
  return ask;
}

void FillAsIn157(TestNode* node) {
  ASSERT_PLACED(node->Add("p0c0", G(500)));
  ASSERT_PLACED(node->Add("p0c1", G(500)));
  ASSERT_PLACED(node->Add("p1c0", G(1500)));
  ASSERT_PLACED(node->Add("p1c1", G(1500)));
  ASSERT_PLACED(node->Add("p2c0", G(2400)));
  ASSERT_PLACED(node->Add("p2c1", G(2400)));
}

TEST(Save, HasTheMembersOfTheSpec) {
  TestNode node(kN4C16);
  FillAsIn157(&node);
  const nlohmann::json grant = nlohmann::json::parse(node.Save()).at("p1c0");
  EXPECT_EQ(grant.at("Exclusive"), "12");
  EXPECT_EQ(grant.at("Part"), 500);
  EXPECT_EQ(grant.at("CPUType"), 0);
  EXPECT_EQ(grant.at("Container"), "p1c0");
  EXPECT_EQ(grant.at("Pool"), "NUMA node #3");
  EXPECT_EQ(grant.at("MemoryPool"), "NUMA node #3");
  EXPECT_EQ(grant.at("MemType"), "DRAM,PMEM,HBM");
  EXPECT_EQ(grant.at("Memset"), "3");
  EXPECT_EQ(grant.at("MemoryLimit"), nlohmann::json({{"1", 100'000'000}}));
  EXPECT_EQ(grant.at("ColdStart"), 0);
}

TEST(Restore, MovesNothing) {
  TestNode node(kN4C16);
  FillAsIn157(&node);
  Ask system = B(300);
  system.ns = "kube-system";
  ASSERT_PLACED(node.Add("sys", system));
  const std::string before = node.Describe();
  const std::string saved = node.Save();
  ASSERT_PLACED(node.Restart());
  EXPECT_EQ(node.Describe(), before);
  EXPECT_EQ(node.Save(), saved);
}

TEST(Restore, DropsGrantsOfContainersThatAreGone) {
  TestNode node(kN4C16);
  FillAsIn157(&node);
  auto fresh = *TestNode::Create(*hardware::Synthetic(kN4C16), TestNode::DefaultPlan());
  std::vector<placement::Request> alive;
  for (const placement::Request& request : node.alive()) {
    if (request.container.cache_id != "p1c0") alive.push_back(request);
  }
  const auto changes = fresh->Restore(node.Save(), alive);
  ASSERT_TRUE(changes.ok());
  EXPECT_EQ(changes->size(), 5u);
  EXPECT_FALSE(fresh->Lookup("p1c0").has_value());
  EXPECT_EQ(fresh->Lookup("p1c1")->assignment.cpus->ToString(), "4-7");
}

TEST(Restore, ReadsGrantsOfTheOriginal) {
  TestNode node(kN4C16);
  ASSERT_PLACED(node.Add("x", G(1500)));
  auto fresh = *TestNode::Create(*hardware::Synthetic(kN4C16), TestNode::DefaultPlan());
  const auto changes = fresh->Restore(
      R"({"x":{"Exclusive":"12","Part":500,"CPUType":0,"Container":"x","Pool":"NUMA node #3","MemoryPool":"NUMA node #3",
          "MemType":7,"Memset":"3","MemoryLimit":{"1":100000000,"2":0,"4":0,"7":0},"ColdStart":0}})",
      node.alive());
  ASSERT_TRUE(changes.ok());
  EXPECT_EQ(fresh->Lookup("x")->assignment.cpus->ToString(), "12-15");
  EXPECT_EQ(fresh->Lookup("x")->reason.pool, "NUMA node #3");
}

TEST(Restore, PlacesContainersWithoutAGrantInTheirOrder) {
  TestNode node(kN4C16);
  ASSERT_PLACED(node.Add("a-besteffort", E()));
  ASSERT_PLACED(node.Add("b-small", G(1000)));
  ASSERT_PLACED(node.Add("c-large", WithMemory(G(1000), kGi)));
  for (const char* saved : {"", "{}", "not json", "[1]", R"({"b-small":{"Pool":7}})", R"({"b-small":{}})",
                            R"({"b-small":{"Pool":"NUMA node #99","MemType":"DRAM"}})"}) {
    auto fresh = *TestNode::Create(*hardware::Synthetic(kN4C16), TestNode::DefaultPlan());
    const auto changes = fresh->Restore(saved, node.alive());
    ASSERT_TRUE(changes.ok()) << saved;
    EXPECT_EQ(changes->size(), 3u);
    EXPECT_EQ(fresh->Lookup("c-large")->assignment.cpus->ToString(), "4") << saved;
    EXPECT_EQ(fresh->Lookup("b-small")->assignment.cpus->ToString(), "8") << saved;
  }
}

TEST(Restore, LeavesOutNewcomersWithoutRoom) {
  TestNode node(kN4C16);
  ASSERT_PLACED(node.Add("huge", G(14000)));
  config::Plan plan = TestNode::DefaultPlan();
  plan.reserved = Cpus("0-3");
  auto fresh = *TestNode::Create(*hardware::Synthetic(kN4C16), plan);
  const auto changes = fresh->Restore("", node.alive());
  ASSERT_TRUE(changes.ok());
  EXPECT_TRUE(changes->empty());
}

TEST(Reconfiguration, AnExclusiveCpuThatBecomesReservedIsReplaced) {
  TestNode node(kN4C16);
  for (const char* name : {"a", "b", "c", "d"}) ASSERT_PLACED(node.Add(name, G(1000)));
  ASSERT_EQ(node.cpus("d"), "1");
  config::Plan plan = TestNode::DefaultPlan();
  plan.reserved = Cpus("0-1");
  ASSERT_PLACED(node.Restart(plan));
  EXPECT_EQ(node.pool("d"), "NUMA node #0") << "the old pool is the hint";
  EXPECT_EQ(node.cpus("d"), "2");
  EXPECT_EQ(node.cpus("a"), "4");
}

TEST(Reconfiguration, AnotherReservedCpuMovesSharedContainers) {
  TestNode node("package:1 core:2 pu:1");
  Ask system = B(100);
  system.ns = "kube-system";
  ASSERT_PLACED(node.Add("s", system));
  ASSERT_PLACED(node.Add("e", E()));
  config::Plan plan = TestNode::DefaultPlan();
  plan.reserved = Cpus("1");
  ASSERT_PLACED(node.Restart(plan));
  EXPECT_EQ(node.cpus("s"), "1");
  EXPECT_EQ(node.cpus("e"), "0");
}

TEST(Reconfiguration, IsRejectedWhenItCannotHoldWhatRuns) {
  TestNode node("package:1 core:2 pu:1");
  ASSERT_PLACED(node.Add("e", E()));
  const std::string before = node.Describe();
  config::Plan plan = TestNode::DefaultPlan();
  plan.reserved = Cpus("0-1");
  const absl::Status refused = node.Restart(plan);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.message(),
            "no room for container e:c, which asks for shared CPUs: socket #0 has no shared CPUs left");
  plan.reserved = std::monostate();
  EXPECT_EQ(node.Restart(plan).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(node.Describe(), before);
}

constexpr char kD2[] = "package:2 numa:1(memory=8GiB) core:4 pu:1";

TEST(Widening, KeepsMemoryForThoseWhoWereThere) {
  TestNode node(kD2);
  ASSERT_PLACED(node.Add("x", WithMemory(G(500), 3 * kGi)));
  EXPECT_EQ(node.pool("x"), "socket #1");
  EXPECT_EQ(node.mems("x"), "1");
  ASSERT_PLACED(node.Add("y", WithMemory(G(500), 3 * kGi)));
  EXPECT_EQ(node.mems("y"), "0");
  ASSERT_PLACED(node.Add("z", WithMemory(G(500), 9 * kGi)));
  EXPECT_EQ(node.pool("z"), "root");
  for (const char* name : {"x", "y", "z"}) EXPECT_EQ(node.mems(name), "0,1") << name;
  EXPECT_EQ(node.cpus("x"), "4-7");
  EXPECT_EQ(node.cpus("y"), "1-3");
  ASSERT_PLACED(node.Restart());
  EXPECT_EQ(node.mems("x"), "0,1") << "stays widened";
}

TEST(Widening, IsNotNeededForASmallNewcomer) {
  TestNode node(kD2);
  ASSERT_PLACED(node.Add("x", WithMemory(G(500), 3 * kGi)));
  ASSERT_PLACED(node.Add("y", WithMemory(G(500), 3 * kGi)));
  ASSERT_PLACED(node.Add("z", WithMemory(B(5000), 2 * kGi)));
  EXPECT_EQ(node.pool("z"), "root");
  EXPECT_EQ(node.mems("z"), "0,1");
  EXPECT_EQ(node.mems("x"), "1");
  EXPECT_EQ(node.mems("y"), "0");
}

TEST(Widening, ARefusedNewcomerLeaksNothing) {
  TestNode node(kD2);
  ASSERT_PLACED(node.Add("x", WithMemory(G(500), 5 * kGi)));
  ASSERT_PLACED(node.Add("y", WithMemory(G(500), 5 * kGi)));
  const absl::Status refused = node.Add("z", WithMemory(G(500), 9 * kGi));
  EXPECT_EQ(refused.message(),
            "no suitable pool found for container z:c: it asks for 9663676416 bytes of DRAM,PMEM,HBM memory; "
            "root comes "
            "nearest with 6442450944 bytes free, 3221225472 too few");
  EXPECT_EQ(node.mems("x"), "1");
  EXPECT_EQ(node.mems("y"), "0");
  ASSERT_PLACED(node.Add("w", WithMemory(G(500), 2 * kGi)));
}

}  // namespace
}  // namespace crm::policies::topology_aware
