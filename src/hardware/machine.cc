#include "hardware/machine.h"

#include <algorithm>

#include "base/status.h"
#include "hardware/from_hwloc.h"
#include "hardware/hwloc_topology.h"

namespace crm::hardware {
namespace {

constexpr int kLocalDistance = 10;
constexpr int kRemoteDistance = 20;

void BuildPackages(Machine* machine) {
  std::map<int, Package> packages;
  std::map<std::pair<int, int>, Die> dies;
  for (const auto& [id, cpu] : machine->cpus) {
    Package& package = packages[cpu.package];
    package.id = cpu.package;
    package.cpus.Add(id);
    package.nodes.Add(cpu.node);
    Die& die = dies[{cpu.package, cpu.die}];
    die.id = cpu.die;
    die.cpus.Add(id);
    die.nodes.Add(cpu.node);
  }
  for (auto& [key, die] : dies) packages[key.first].dies.push_back(std::move(die));
  machine->packages.clear();
  for (auto& [id, package] : packages) machine->packages.push_back(std::move(package));
}

void RepairDistances(std::vector<Node>* nodes) {
  for (Node& a : *nodes) {
    for (Node& b : *nodes) {
      if (b.id < a.id) continue;
      const auto ab = a.distance.find(b.id);
      const auto ba = b.distance.find(a.id);
      int distance = a.id == b.id ? kLocalDistance : kRemoteDistance;
      if (ab != a.distance.end() && ba != b.distance.end()) {
        distance = (ab->second + ba->second) / 2;
      } else if (ab != a.distance.end()) {
        distance = ab->second;
      } else if (ba != b.distance.end()) {
        distance = ba->second;
      }
      a.distance[b.id] = distance;
      b.distance[a.id] = distance;
    }
  }
}

/// Spec 20 section 4.3: among nodes without CPUs, those smaller than the average DRAM node are HBM.
absl::Status SetMemoryTypes(std::vector<Node>* nodes) {
  int64_t dram_bytes = 0;
  int64_t dram_nodes = 0;
  bool special = false;
  for (const Node& node : *nodes) {
    if (node.cpus.empty()) {
      special = true;
    } else if (node.memory_bytes > 0) {
      dram_bytes += node.memory_bytes;
      ++dram_nodes;
    }
  }
  if (special && dram_nodes == 0) {
    return FailedPrecondition(
        "no NUMA node has both CPUs and memory: there is no DRAM to tell other memory from");
  }
  for (Node& node : *nodes) {
    if (!node.cpus.empty()) {
      node.type = MemoryType::kDram;
    } else {
      node.type = node.memory_bytes < dram_bytes / dram_nodes ? MemoryType::kHbm : MemoryType::kPmem;
    }
  }
  return absl::OkStatus();
}

}  // namespace

const Node* Machine::FindNode(int id) const {
  for (const Node& node : nodes) {
    if (node.id == id) return &node;
  }
  return nullptr;
}

const Package* Machine::FindPackage(int id) const {
  for (const Package& package : packages) {
    if (package.id == id) return &package;
  }
  return nullptr;
}

absl::Status FinishMachine(Machine* machine) {
  for (Node& node : machine->nodes) node.cpus = CpuSet();
  for (const auto& [id, cpu] : machine->cpus) {
    bool found = false;
    for (Node& node : machine->nodes) {
      if (node.id != cpu.node) continue;
      node.cpus.Add(id);
      node.package = cpu.package;
      node.die = cpu.die;
      found = true;
    }
    if (!found) return NotFound("CPU {}: its NUMA node {} does not exist", id, cpu.node);
  }
  std::vector<Node>& nodes = machine->nodes;
  nodes.erase(std::remove_if(nodes.begin(), nodes.end(),
                             [](const Node& node) { return node.cpus.empty() && node.memory_bytes == 0; }),
              nodes.end());
  BuildPackages(machine);
  RepairDistances(&nodes);
  if (machine->memory_bytes == 0) {
    for (const Node& node : nodes) machine->memory_bytes += node.memory_bytes;
  }
  machine->isolated &= machine->online;
  return SetMemoryTypes(&nodes);
}

absl::StatusOr<Machine> Synthetic(const std::string& description) {
  CRM_ASSIGN_OR_RETURN(const HwlocTopology topology, LoadSyntheticTopology(description));
  CRM_ASSIGN_OR_RETURN(Machine machine, FromHwloc(topology.get(), /*renumber_dies=*/true));
  std::map<int, int> package_of_node;
  for (const auto& [id, cpu] : machine.cpus) package_of_node.emplace(cpu.node, cpu.package);
  for (Node& a : machine.nodes) {
    for (const Node& b : machine.nodes) {
      const auto pa = package_of_node.find(a.id);
      const auto pb = package_of_node.find(b.id);
      const bool same =
          pa != package_of_node.end() && pb != package_of_node.end() && pa->second == pb->second;
      a.distance[b.id] = a.id == b.id ? 10 : same ? 11 : 21;
    }
  }
  CRM_RETURN_IF_ERROR(FinishMachine(&machine));
  return machine;
}

}  // namespace crm::hardware
