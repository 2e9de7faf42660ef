#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/cpuset.h"

namespace crm::hardware {

enum class MemoryType { kDram, kPmem, kHbm };

/// How willing the allocator is to give a CPU away: spec 20 section 10.2.
enum class CpuPriority { kHigh = 0, kNormal = 1, kLow = 2, kNone = 3 };

/// One logical CPU that is online.
struct Cpu {
  int id = 0;
  int package = 0;
  int die = 0;      ///< unique within its package
  int node = 0;     ///< NUMA node
  CpuSet siblings;  ///< the threads of its core, itself included
  CpuPriority priority = CpuPriority::kNormal;
};

struct Node {
  int id = 0;
  CpuSet cpus;  ///< online CPUs; empty for memory-only nodes
  int64_t memory_bytes = 0;
  MemoryType type = MemoryType::kDram;
  bool normal_memory = true;    ///< the kernel may allocate from it
  std::map<int, int> distance;  ///< to node id, 10 is local
  int package = 0;              ///< meaningless for memory-only nodes
  int die = 0;
};

struct Die {
  int id = 0;
  CpuSet cpus;
  CpuSet nodes;
};

struct Package {
  int id = 0;
  CpuSet cpus;
  CpuSet nodes;
  std::vector<Die> dies;  ///< ascending id
};

/// What placement knows about a machine. A plain value: discovered, loaded or built by a test; ids ascend in
/// all lists.
struct Machine {
  CpuSet online;
  CpuSet offline;
  CpuSet isolated;  ///< kernel-isolated (isolcpus), online ones only
  int64_t memory_bytes = 0;
  std::map<int, Cpu> cpus;  ///< online ones, by id
  std::vector<Node> nodes;
  std::vector<Package> packages;

  const Node* FindNode(int id) const;
  const Package* FindPackage(int id) const;
};

/// Where to look: the live machine ("" root) or the sysfs files found below another root directory.
struct DiscoverOptions {
  std::string host_root;
};

/// Reads the machine by hwloc and, for what hwloc does not tell (isolated and offline CPUs, memory kinds),
/// from sysfs below the root. Errors name the file or the object that was missing. Blocking; any thread. Spec
/// 20 sections 1 to 5.
absl::StatusOr<Machine> Discover(const DiscoverOptions& options);

/// A machine from a one-line hwloc synthetic description, for tests and simulations:
/// "package:2 die:1 numa:2(memory=2GB) core:2 pu:2". CPU ids follow the topology order (threads of a core are
/// neighbours); distances between nodes are 10 (self), 11 (same package) and 21.
absl::StatusOr<Machine> Synthetic(const std::string& description);

}  // namespace crm::hardware
