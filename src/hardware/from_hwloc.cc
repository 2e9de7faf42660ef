#include "hardware/from_hwloc.h"

#include <hwloc.h>

#include <algorithm>
#include <map>

#include "base/status.h"

namespace crm::hardware {
namespace {

CpuSet FromBitmap(hwloc_const_bitmap_t bitmap) {
  CpuSet set;
  for (int id = hwloc_bitmap_first(bitmap); id >= 0 && id <= CpuSet::kMaxId;
       id = hwloc_bitmap_next(bitmap, id)) {
    set.Add(id);
  }
  return set;
}

int Index(const hwloc_obj* object) { return static_cast<int>(object->os_index); }

/// Gives each (package, die) pair of the system a number that counts up in its package.
class DieNumbers {
 public:
  int Of(int package, int die) {
    std::map<int, int>& dies = seen_[package];
    return dies.emplace(die, static_cast<int>(dies.size())).first->second;
  }

 private:
  std::map<int, std::map<int, int>> seen_;
};

}  // namespace

absl::StatusOr<Machine> FromHwloc(hwloc_topology* topology, bool renumber_dies) {
  Machine machine;
  for (hwloc_obj_t node = nullptr;
       (node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node)) != nullptr;) {
    Node made;
    made.id = Index(node);
    made.memory_bytes = static_cast<int64_t>(node->attr->numanode.local_memory);
    machine.nodes.push_back(std::move(made));
  }
  std::sort(machine.nodes.begin(), machine.nodes.end(),
            [](const Node& a, const Node& b) { return a.id < b.id; });

  const bool has_packages = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PACKAGE) > 0;
  DieNumbers numbers;
  for (hwloc_obj_t pu = nullptr; (pu = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, pu)) != nullptr;) {
    Cpu cpu;
    cpu.id = Index(pu);
    if (cpu.id > CpuSet::kMaxId)
      return InvalidArgument("CPU {} is above the highest id {}", cpu.id, CpuSet::kMaxId);
    // Some virtual machines tell no package at all; they are one.
    const hwloc_obj* package = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_PACKAGE, pu);
    if (package == nullptr && has_packages) {
      return NotFound("CPU {}: the system tells packages of other CPUs but not of this one", cpu.id);
    }
    if (package != nullptr) cpu.package = std::max(0, Index(package));
    if (const hwloc_obj* die = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_DIE, pu); die != nullptr) {
      cpu.die = renumber_dies ? numbers.Of(cpu.package, Index(die)) : Index(die);
    }
    const hwloc_obj* core = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_CORE, pu);
    cpu.siblings = core == nullptr ? CpuSet{cpu.id} : FromBitmap(core->cpuset);
    cpu.node = hwloc_bitmap_first(pu->nodeset);
    machine.online.Add(cpu.id);
    machine.cpus.emplace(cpu.id, std::move(cpu));
  }
  if (machine.online.empty()) return NotFound("hwloc found no CPU");
  for (auto& [id, cpu] : machine.cpus) cpu.siblings &= machine.online;
  return machine;
}

}  // namespace crm::hardware
