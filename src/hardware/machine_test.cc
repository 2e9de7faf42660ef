#include "hardware/machine.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm::hardware {
namespace {

namespace fs = std::filesystem;

constexpr char kN4C16[] = "package:2 die:1 numa:2(memory=2GB) core:2 pu:2";

/// A captured sysfs below a temporary directory, written as the kernel writes it. The default is n4c16 of
/// spec 20 section 16.3.
class Sysfs {
 public:
  Sysfs() {
    std::string pattern = testing::TempDir() + "/machine-XXXXXX";
    root_ = mkdtemp(pattern.data());
    Write("sys/devices/system/cpu/present", "0-15\n");
    Write("sys/devices/system/cpu/online", "0-15\n");
    Write("sys/devices/system/cpu/isolated", "\n");
    for (int cpu = 0; cpu < 16; ++cpu) {
      const std::string topology = CpuDirectory(cpu) + "/topology/";
      Write(topology + "physical_package_id", std::to_string(cpu / 8) + "\n");
      Write(topology + "die_id", "0\n");
      Write(topology + "core_id", std::to_string(cpu / 2 % 4) + "\n");
      const int core = cpu / 2 * 2;
      WriteSet(topology + "core_cpus", topology + "core_cpus_list", core, core + 1);
      WriteSet(topology + "thread_siblings", topology + "thread_siblings_list", core, core + 1);
      WriteSet(topology + "package_cpus", topology + "package_cpus_list", cpu / 8 * 8, cpu / 8 * 8 + 7);
      WriteSet(topology + "core_siblings", topology + "core_siblings_list", cpu / 8 * 8, cpu / 8 * 8 + 7);
      WriteSet(topology + "die_cpus", topology + "die_cpus_list", cpu / 8 * 8, cpu / 8 * 8 + 7);
    }
    for (const char* file : {"online", "possible", "has_normal_memory", "has_memory", "has_cpu"}) {
      Write(std::string("sys/devices/system/node/") + file, "0-3\n");
    }
    const char* const distances[] = {"10 11 21 21\n", "11 10 21 21\n", "21 21 10 11\n", "21 21 11 10\n"};
    for (int node = 0; node < 4; ++node) AddNode(node, node * 4, node * 4 + 3, 2 << 20, distances[node]);
  }
  ~Sysfs() { fs::remove_all(root_); }

  static std::string CpuDirectory(int cpu) { return "sys/devices/system/cpu/cpu" + std::to_string(cpu); }
  static std::string NodeDirectory(int node) { return "sys/devices/system/node/node" + std::to_string(node); }

  void Write(const std::string& path, const std::string& text) const {
    const fs::path file = fs::path(root_) / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  void Remove(const std::string& path) const { fs::remove_all(fs::path(root_) / path); }

  /// CPUs first to last; none when last < first.
  void AddNode(int node, int first, int last, int64_t kilobytes, const std::string& distance) const {
    WriteSet(NodeDirectory(node) + "/cpumap", NodeDirectory(node) + "/cpulist", first, last);
    Write(NodeDirectory(node) + "/distance", distance);
    Write(NodeDirectory(node) + "/meminfo",
          "Node " + std::to_string(node) + " MemTotal:       " + std::to_string(kilobytes) + " kB\n");
  }

  absl::StatusOr<Machine> Discover() const { return hardware::Discover({root_}); }
  const std::string& root() const { return root_; }

 private:
  void WriteSet(const std::string& mask_path, const std::string& list_path, int first, int last) const {
    unsigned mask = 0;
    for (int id = first; id <= last; ++id) mask |= 1u << id;
    char text[16];
    snprintf(text, sizeof text, "%04x\n", mask);
    Write(mask_path, text);
    Write(list_path, CpuSet::Range(first, last).ToString() + "\n");
  }

  std::string root_;
};

void ExpectN4C16(const Machine& machine) {
  EXPECT_EQ(machine.online, CpuSet::Range(0, 15));
  EXPECT_TRUE(machine.offline.empty());
  EXPECT_TRUE(machine.isolated.empty());
  ASSERT_EQ(machine.packages.size(), 2u);
  EXPECT_EQ(machine.packages[0].cpus, CpuSet::Range(0, 7));
  EXPECT_EQ(machine.packages[0].nodes, (CpuSet{0, 1}));
  ASSERT_EQ(machine.packages[0].dies.size(), 1u);
  EXPECT_EQ(machine.packages[0].dies[0].id, 0);
  EXPECT_EQ(machine.packages[1].nodes, (CpuSet{2, 3}));
  ASSERT_EQ(machine.nodes.size(), 4u);
  for (const Node& node : machine.nodes) {
    EXPECT_EQ(node.cpus, CpuSet::Range(node.id * 4, node.id * 4 + 3));
    EXPECT_EQ(node.type, MemoryType::kDram);
    EXPECT_EQ(node.package, node.id / 2);
    EXPECT_TRUE(node.normal_memory);
    EXPECT_EQ(node.distance.at(node.id), 10);
    EXPECT_EQ(node.distance.at(node.id ^ 1), 11);
    EXPECT_EQ(node.distance.at((node.id + 2) % 4), 21);
  }
  EXPECT_EQ(machine.cpus.at(9).siblings, (CpuSet{8, 9}));
  EXPECT_EQ(machine.cpus.at(9).node, 2);
}

TEST(Synthetic, BuildsTheMachineOfTheDescription) {
  const auto machine = Synthetic(kN4C16);
  ASSERT_TRUE(machine.ok()) << machine.status();
  ExpectN4C16(*machine);
  EXPECT_EQ(machine->memory_bytes, 4 * machine->nodes[0].memory_bytes);
}

TEST(Synthetic, NumbersDiesWithinTheirPackage) {
  const auto machine = Synthetic("package:2 die:2 numa:2(memory=1GB) core:1 pu:1");
  ASSERT_TRUE(machine.ok()) << machine.status();
  ASSERT_EQ(machine->packages.size(), 2u);
  ASSERT_EQ(machine->packages[1].dies.size(), 2u);
  EXPECT_EQ(machine->packages[1].dies[0].id, 0);
  EXPECT_EQ(machine->packages[1].dies[1].id, 1);
  EXPECT_EQ(machine->packages[1].dies[1].nodes, (CpuSet{6, 7}));
}

TEST(Synthetic, RefusesWhatIsNoDescription) {
  const auto machine = Synthetic("sockets many");
  ASSERT_FALSE(machine.ok());
  EXPECT_THAT(std::string(machine.status().message()), testing::HasSubstr("\"sockets many\""));
}

TEST(Discover, ReadsAnotherMachinesSysfs) {
  const Sysfs sysfs;
  const auto machine = sysfs.Discover();
  ASSERT_TRUE(machine.ok()) << machine.status();
  ExpectN4C16(*machine);
  EXPECT_EQ(machine->nodes[0].memory_bytes, int64_t{2} << 30);
  EXPECT_EQ(machine->memory_bytes, int64_t{8} << 30);
  EXPECT_EQ(getenv("HWLOC_FSROOT"), nullptr) << "the environment was not restored";
}

TEST(Discover, PrefersMeminfoOfTheRootForTheWholeMachine) {
  const Sysfs sysfs;
  sysfs.Write("proc/meminfo", "MemTotal:        8000000 kB\nMemFree: 1 kB\n");
  const auto machine = sysfs.Discover();
  ASSERT_TRUE(machine.ok()) << machine.status();
  EXPECT_EQ(machine->memory_bytes, int64_t{8000000} * 1024);
}

TEST(Discover, AnOfflineCpuBelongsToNoPackage) {
  const Sysfs sysfs;
  sysfs.Write("sys/devices/system/cpu/online", "0-8,10-15\n");
  sysfs.Write(Sysfs::CpuDirectory(9) + "/online", "0\n");
  sysfs.Remove(Sysfs::CpuDirectory(9) + "/topology");
  sysfs.Write(Sysfs::NodeDirectory(2) + "/cpulist", "8,10-11\n");
  sysfs.Write(Sysfs::NodeDirectory(2) + "/cpumap", "0d00\n");
  const auto machine = sysfs.Discover();
  ASSERT_TRUE(machine.ok()) << machine.status();
  EXPECT_EQ(machine->offline, CpuSet{9});
  ASSERT_EQ(machine->packages.size(), 2u);
  EXPECT_EQ(machine->packages[1].cpus.size(), 7);
  EXPECT_FALSE(machine->packages[0].nodes.Intersects(machine->packages[1].nodes));
  EXPECT_EQ(machine->cpus.count(9), 0u);
  EXPECT_FALSE(machine->cpus.at(8).siblings.Contains(9));
}

TEST(Discover, IsolatedCpusAreOnlineOnes) {
  const Sysfs sysfs;
  sysfs.Write("sys/devices/system/cpu/isolated", "2-3,40\n");
  const auto machine = sysfs.Discover();
  ASSERT_TRUE(machine.ok()) << machine.status();
  EXPECT_EQ(machine->isolated, (CpuSet{2, 3}));
}

TEST(Discover, AKernelWithoutNumaIsOneNode) {
  const Sysfs sysfs;
  sysfs.Remove("sys/devices/system/node");
  sysfs.Write("proc/meminfo", "MemTotal:        8000000 kB\n");
  const auto machine = sysfs.Discover();
  ASSERT_TRUE(machine.ok()) << machine.status();
  ASSERT_EQ(machine->nodes.size(), 1u);
  EXPECT_EQ(machine->nodes[0].cpus, CpuSet::Range(0, 15));
  EXPECT_EQ(machine->nodes[0].distance, (std::map<int, int>{{0, 10}}));
  EXPECT_EQ(machine->nodes[0].memory_bytes, int64_t{8000000} * 1024);
}

TEST(Discover, TellsMemoryKindsBySize) {
  for (const auto& [kilobytes, type] :
       {std::pair{1 << 20, MemoryType::kHbm}, {2 << 20, MemoryType::kPmem}, {8 << 20, MemoryType::kPmem}}) {
    const Sysfs sysfs;
    sysfs.AddNode(4, 1, 0, kilobytes, "17 28 28 28 10\n");
    for (const char* file : {"online", "possible", "has_normal_memory", "has_memory"}) {
      sysfs.Write(std::string("sys/devices/system/node/") + file, "0-4\n");
    }
    const auto machine = sysfs.Discover();
    ASSERT_TRUE(machine.ok()) << machine.status();
    ASSERT_EQ(machine->nodes.size(), 5u);
    EXPECT_EQ(machine->nodes[4].type, type) << kilobytes;
    EXPECT_TRUE(machine->nodes[4].cpus.empty());
  }
}

TEST(Discover, ANodeWithoutMemoryKeepsItsCpus) {
  const Sysfs sysfs;
  sysfs.Write("sys/devices/system/node/has_memory", "0,2-3\n");
  sysfs.Write("sys/devices/system/node/has_normal_memory", "0,2\n");
  const auto machine = sysfs.Discover();
  ASSERT_TRUE(machine.ok()) << machine.status();
  EXPECT_EQ(machine->nodes[1].type, MemoryType::kDram);
  EXPECT_EQ(machine->nodes[1].memory_bytes, 0);
  EXPECT_FALSE(machine->nodes[3].normal_memory);
}

TEST(Discover, AsymmetricDistancesBecomeTheirAverage) {
  const Sysfs sysfs;
  sysfs.Write(Sysfs::NodeDirectory(0) + "/distance", "10 12 21 21\n");
  const auto machine = sysfs.Discover();
  ASSERT_TRUE(machine.ok()) << machine.status();
  EXPECT_EQ(machine->nodes[0].distance.at(1), 11);
  EXPECT_EQ(machine->nodes[1].distance.at(0), 11);
}

TEST(Discover, ErrorsNameTheFile) {
  const Sysfs sysfs;
  sysfs.Write(Sysfs::NodeDirectory(1) + "/distance", "11 ten 21 21\n");
  auto machine = sysfs.Discover();
  ASSERT_FALSE(machine.ok());
  EXPECT_THAT(std::string(machine.status().message()), testing::HasSubstr("node1/distance"));
  EXPECT_THAT(std::string(machine.status().message()), testing::HasSubstr("\"ten\""));

  sysfs.Remove("sys/devices/system/cpu");
  machine = sysfs.Discover();
  ASSERT_FALSE(machine.ok());
  EXPECT_THAT(std::string(machine.status().message()), testing::HasSubstr(sysfs.root()));

  EXPECT_FALSE(hardware::Discover({"relative/root"}).ok());
}

TEST(Discover, TheLiveMachineHasConsistentParts) {
  const auto machine = hardware::Discover({});
  ASSERT_TRUE(machine.ok()) << machine.status();
  EXPECT_FALSE(machine->online.empty());
  EXPECT_GT(machine->memory_bytes, 0);
  CpuSet in_packages;
  for (const Package& package : machine->packages) in_packages |= package.cpus;
  EXPECT_EQ(in_packages, machine->online);
  CpuSet in_nodes;
  for (const Node& node : machine->nodes) in_nodes |= node.cpus;
  EXPECT_EQ(in_nodes, machine->online);
}

}  // namespace
}  // namespace crm::hardware
