// Spec 30 section 15.10, first table (without cold start): machine p2, G 500m each on an empty machine.
#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policies/topology_aware/testing_node.h"

namespace crm::policies::topology_aware {
namespace {

constexpr int64_t kGi = int64_t{1} << 30;

hardware::Machine P2() {
  hardware::Machine machine = *hardware::Synthetic("package:2 numa:1(memory=8GiB) core:4 pu:1");
  for (int id : {2, 3}) {
    hardware::Node node;
    node.id = id;
    node.memory_bytes = 16 * kGi;
    node.type = hardware::MemoryType::kPmem;
    node.distance = {{id - 2, 17}, {3 - id, 28}, {id, 10}, {5 - id, 28}};
    machine.nodes.push_back(node);
  }
  return machine;
}

struct Row {
  int64_t gibibytes;
  const char* types;  ///< nullptr: no annotation
  const char* pool;   ///< nullptr: refused
  const char* nodes;
  std::map<std::string, int64_t> booked;  ///< type bit -> GiB
};

TEST(MemoryTiers, PmemIsUsedFirst) {
  const Row rows[] = {
      {1, nullptr, "socket #1", "1,3", {{"2", 1}}},
      {1, "dram", "socket #1", "1", {{"1", 1}}},
      {1, "pmem", "socket #1", "3", {{"2", 1}}},
      {1, "PMEM,dram", "socket #1", "1,3", {{"2", 1}}},
      {1, "hbm", nullptr, "", {}},
      {20, nullptr, "socket #1", "1,3", {{"2", 16}, {"1", 4}}},
      {25, nullptr, "root", "0,1,2,3", {{"2", 25}}},
      {49, nullptr, nullptr, "", {}},
      {9, "dram", "root", "0,1", {{"1", 9}}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::to_string(row.gibibytes) + " GiB " +
                 (row.types == nullptr ? "of any type" : row.types));
    TestNode node(P2());
    Ask ask = G(500);
    ask.memory = row.gibibytes * kGi;
    if (row.types != nullptr)
      ask.annotations = {{"memory-type.cri-resource-manager.intel.com/pod", row.types}};
    const absl::Status placed = node.Add("c", ask);
    if (row.pool == nullptr) {
      EXPECT_EQ(placed.code(), absl::StatusCode::kResourceExhausted);
      EXPECT_THAT(std::string(placed.message()),
                  testing::StartsWith("no suitable pool found for container c:c"));
      continue;
    }
    ASSERT_TRUE(placed.ok()) << placed;
    EXPECT_EQ(node.pool("c"), row.pool);
    EXPECT_EQ(node.mems("c"), row.nodes);
    nlohmann::json booked = nlohmann::json::object();
    for (const auto& [bit, gibibytes] : row.booked) booked[bit] = gibibytes * kGi;
    EXPECT_EQ(nlohmann::json::parse(node.Save()).at("c").at("MemoryLimit"), booked);
  }
}

TEST(MemoryTiers, ReservedContainersBookAtTheRoot) {
  TestNode node(P2());
  Ask system = B(100);
  system.ns = "kube-system";
  system.memory = kGi;
  ASSERT_TRUE(node.Add("s", system).ok());
  EXPECT_EQ(node.pool("s"), "root");
  EXPECT_EQ(node.mems("s"), "0,1,2,3");
  EXPECT_EQ(node.cpus("s"), "0");
}

}  // namespace
}  // namespace crm::policies::topology_aware
