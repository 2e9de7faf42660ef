// Spec 30 sections 15.1 and 15.2.
#include "policies/topology_aware/pool_tree.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm::policies::topology_aware {
namespace {

using hardware::Machine;
using hardware::MemoryType;

constexpr int64_t kGi = int64_t{1} << 30;

PoolTree Tree(const Machine& machine, const CpuSet& reserved = {0}) {
  return PoolTree(machine, {machine.online, machine.isolated, reserved});
}

std::vector<std::string> Names(const PoolTree& tree) {
  std::vector<std::string> names;
  for (const Pool& pool : tree.pools()) names.push_back(pool.name);
  return names;
}

std::vector<std::string> Names(const std::string& synthetic) {
  return Names(Tree(*hardware::Synthetic(synthetic)));
}

TEST(PoolTree, OfN4C16) {
  const PoolTree tree = Tree(*hardware::Synthetic("package:2 die:1 numa:2(memory=2GB) core:2 pu:2"));
  struct Row {
    const char* name;
    int depth;
    const char* sharable;
    const char* reserved;
    const char* nodes;
  };
  const Row rows[] = {{"NUMA node #0", 2, "1-3", "0", "0"},  {"NUMA node #1", 2, "4-7", "", "1"},
                      {"socket #0", 1, "1-7", "0", "0,1"},   {"NUMA node #2", 2, "8-11", "", "2"},
                      {"NUMA node #3", 2, "12-15", "", "3"}, {"socket #1", 1, "8-15", "", "2,3"},
                      {"root", 0, "1-15", "0", "0,1,2,3"}};
  ASSERT_EQ(tree.size(), 7);
  for (int id = 0; id < 7; ++id) {
    const Pool& pool = tree.at(id);
    EXPECT_EQ(pool.id, id);
    EXPECT_EQ(pool.name, rows[id].name);
    EXPECT_EQ(pool.depth, rows[id].depth);
    EXPECT_EQ(pool.sharable.ToString(), rows[id].sharable) << pool.name;
    EXPECT_EQ(pool.reserved.ToString(), rows[id].reserved) << pool.name;
    EXPECT_EQ(tree.MemorySet(id, kAllMemory).ToListString(), rows[id].nodes) << pool.name;
  }
  EXPECT_EQ(PoolKindName(tree.at(0).kind), "numa node");
  EXPECT_EQ(PoolKindName(tree.at(6).kind), "virtual node");
  EXPECT_EQ(tree.at(6).memory[Index(MemoryType::kDram)], 4 * tree.at(0).memory[Index(MemoryType::kDram)]);
  EXPECT_TRUE(tree.IsBelow(0, 2));
  EXPECT_TRUE(tree.IsBelow(5, 6));
  EXPECT_FALSE(tree.IsBelow(3, 2));
  EXPECT_FALSE(tree.IsBelow(2, 2));
  EXPECT_EQ(tree.Find("socket #1"), 5);
  EXPECT_EQ(tree.Find("socket #2"), -1);
}

TEST(PoolTree, LevelsWithoutAChoiceAreLeftOut) {
  using testing::ElementsAre;
  EXPECT_THAT(Names("package:1 numa:1(memory=1GB) core:2 pu:1"), ElementsAre("socket #0"));
  EXPECT_THAT(Names("package:1 numa:2(memory=1GB) core:2 pu:1"),
              ElementsAre("NUMA node #0", "NUMA node #1", "socket #0"));
  EXPECT_THAT(Names("package:2 numa:1(memory=1GB) core:2 pu:1"),
              ElementsAre("socket #0", "socket #1", "root"));
  EXPECT_THAT(Names("package:1 die:2 numa:1(memory=1GB) core:2 pu:1"),
              ElementsAre("die #0/0", "die #0/1", "socket #0"));
  EXPECT_THAT(Names("package:2 die:2 numa:2(memory=1GB) core:1 pu:1"),
              ElementsAre("NUMA node #0", "NUMA node #1", "die #0/0", "NUMA node #2", "NUMA node #3",
                          "die #0/1", "socket #0", "NUMA node #4", "NUMA node #5", "die #1/0", "NUMA node #6",
                          "NUMA node #7", "die #1/1", "socket #1", "root"));
}

/// Moves CPUs to other nodes and derives the rest as discovery does.
Machine WithNodes(Machine machine, const std::map<int, int>& node_of_cpu) {
  for (hardware::Node& node : machine.nodes) node.cpus = CpuSet();
  for (hardware::Package& package : machine.packages) {
    package.nodes = CpuSet();
    for (hardware::Die& die : package.dies) die.nodes = CpuSet();
  }
  for (auto& [id, cpu] : machine.cpus) {
    cpu.node = node_of_cpu.at(id);
    for (hardware::Node& node : machine.nodes) {
      if (node.id == cpu.node) node.cpus.Add(id);
    }
    for (hardware::Package& package : machine.packages) {
      if (!package.cpus.Contains(id)) continue;
      package.nodes.Add(cpu.node);
      for (hardware::Die& die : package.dies) {
        if (die.cpus.Contains(id)) die.nodes.Add(cpu.node);
      }
    }
  }
  return machine;
}

TEST(PoolTree, InterleavedNodesFollowTheirPackage) {
  const Machine machine = WithNodes(*hardware::Synthetic("package:2 numa:2(memory=1GB) core:1 pu:1"),
                                    {{0, 0}, {1, 2}, {2, 1}, {3, 3}});
  EXPECT_THAT(Names(Tree(machine)),
              testing::ElementsAre("NUMA node #0", "NUMA node #2", "socket #0", "NUMA node #1",
                                   "NUMA node #3", "socket #1", "root"));
}

TEST(PoolTree, PackagesMayShareANode) {
  Machine machine = *hardware::Synthetic("package:2 numa:1(memory=1GB) core:2 pu:1");
  machine = WithNodes(machine, {{0, 0}, {1, 0}, {2, 0}, {3, 0}});
  machine.nodes.pop_back();
  const PoolTree tree = Tree(machine);
  EXPECT_THAT(Names(tree), testing::ElementsAre("socket #0", "socket #1", "root"));
  for (const Pool& pool : tree.pools()) {
    EXPECT_EQ(pool.AllNodes(), CpuSet{0}) << pool.name;
    EXPECT_EQ(pool.memory[Index(MemoryType::kDram)], machine.nodes[0].memory_bytes) << "counted once";
  }
  EXPECT_EQ(tree.at(1).sharable.ToString(), "2-3");
}

TEST(PoolTree, DiesThatShareANodeAreLeftOut) {
  const Machine machine = WithNodes(*hardware::Synthetic("package:1 die:2 numa:1(memory=1GB) core:2 pu:1"),
                                    {{0, 0}, {1, 1}, {2, 0}, {3, 1}});
  EXPECT_THAT(Names(Tree(machine)), testing::ElementsAre("NUMA node #0", "NUMA node #1", "socket #0"));
}

/// The machine p2 of spec 30 section 15.2; distances of nodes 2 and 3 to nodes 0 and 1 as given.
Machine P2(std::array<int, 2> node2, std::array<int, 2> node3) {
  Machine machine = *hardware::Synthetic("package:2 numa:1(memory=8GB) core:4 pu:1");
  for (int id : {2, 3}) {
    hardware::Node node;
    node.id = id;
    node.memory_bytes = 16 * kGi;
    node.type = MemoryType::kPmem;
    const std::array<int, 2>& distance = id == 2 ? node2 : node3;
    node.distance = {{0, distance[0]}, {1, distance[1]}, {2, 28}, {3, 28}, {id, 10}};
    machine.nodes.push_back(node);
  }
  return machine;
}

std::vector<std::string> PmemOfSockets(const Machine& machine) {
  const PoolTree tree = Tree(machine);
  EXPECT_THAT(Names(tree), testing::ElementsAre("socket #0", "socket #1", "root"));
  return {tree.at(0).nodes[Index(MemoryType::kPmem)].ToListString(),
          tree.at(1).nodes[Index(MemoryType::kPmem)].ToListString()};
}

TEST(PoolTree, NodesWithoutCpusGoToTheNearestLeaf) {
  EXPECT_THAT(PmemOfSockets(P2({17, 28}, {28, 17})), testing::ElementsAre("2", "3"));
  EXPECT_THAT(PmemOfSockets(P2({17, 28}, {17, 28})), testing::ElementsAre("2,3", ""));
  EXPECT_THAT(PmemOfSockets(P2({17, 17}, {17, 17})), testing::ElementsAre("2", "3"));
}

TEST(PoolTree, MemorySetsFollowTheTypes) {
  const PoolTree tree = Tree(P2({17, 28}, {28, 17}));
  EXPECT_EQ(tree.MemorySet(1, kAllMemory).ToListString(), "1,3");
  EXPECT_EQ(tree.MemorySet(1, kDram).ToListString(), "1");
  EXPECT_EQ(tree.MemorySet(1, kPmem).ToListString(), "3");
  EXPECT_EQ(tree.MemorySet(1, kHbm).ToListString(), "1") << "DRAM serves where the type is missing";
  EXPECT_EQ(TypeNames(kAllMemory), "DRAM,PMEM,HBM");
}

TEST(PoolTree, APoolWithoutMemoryUsesThatOfThePoolAbove) {
  Machine machine = *hardware::Synthetic("package:2 numa:2(memory=1GB) core:2 pu:1");
  machine.nodes[1].memory_bytes = 0;
  const PoolTree tree = Tree(machine);
  EXPECT_EQ(tree.at(1).name, "NUMA node #1");
  EXPECT_TRUE(tree.at(1).AllNodes().empty()) << "the kernel refuses a memory set without memory";
  EXPECT_EQ(tree.MemorySet(1, kAllMemory).ToListString(), "0");
}

}  // namespace
}  // namespace crm::policies::topology_aware
