#include "policies/topology_aware/pool_tree.h"

#include <map>
#include <memory>
#include <utility>

#include "fmt/format.h"

namespace crm::policies::topology_aware {
namespace {

using hardware::Die;
using hardware::Machine;
using hardware::MemoryType;
using hardware::Node;
using hardware::Package;

/// A pool while the tree grows, before it has a number.
struct Draft {
  PoolKind kind = PoolKind::kVirtual;
  std::string name;
  CpuSet cpus;
  CpuSet nodes;  ///< leaves: DRAM nodes with CPUs, then the CPU-less nodes assigned to them
  std::vector<std::unique_ptr<Draft>> children;
};

std::unique_ptr<Draft> MakeDraft(PoolKind kind, std::string name, CpuSet cpus, CpuSet nodes) {
  auto draft = std::make_unique<Draft>();
  draft->kind = kind;
  draft->name = std::move(name);
  draft->cpus = std::move(cpus);
  draft->nodes = std::move(nodes);
  return draft;
}

/// A die or a package without dies gets one pool a node when it has two or more.
void AddNodePools(const Machine& machine, Draft* parent) {
  if (parent->nodes.size() < 2) return;
  for (int id : parent->nodes.Ids()) {
    parent->children.push_back(MakeDraft(PoolKind::kNumaNode, fmt::format("NUMA node #{}", id),
                                         machine.FindNode(id)->cpus, CpuSet{id}));
  }
}

bool DiesShareNodes(const Package& package) {
  CpuSet seen;
  for (const Die& die : package.dies) {
    if (seen.Intersects(die.nodes)) return true;
    seen |= die.nodes;
  }
  return false;
}

std::unique_ptr<Draft> DraftSocket(const Machine& machine, const Package& package) {
  auto socket =
      MakeDraft(PoolKind::kSocket, fmt::format("socket #{}", package.id), package.cpus, package.nodes);
  for (const Package& other : machine.packages) {
    // NUMA is switched off or faked: the node is no smaller than the packages, so there is nothing below
    // them.
    if (other.id != package.id && other.nodes.Intersects(package.nodes)) return socket;
  }
  if (package.dies.size() < 2 || DiesShareNodes(package)) {
    AddNodePools(machine, socket.get());
    return socket;
  }
  for (const Die& die : package.dies) {
    socket->children.push_back(
        MakeDraft(PoolKind::kDie, fmt::format("die #{}/{}", package.id, die.id), die.cpus, die.nodes));
    AddNodePools(machine, socket->children.back().get());
  }
  return socket;
}

Draft* LeafOfNode(Draft* draft, int node) {
  for (const auto& child : draft->children) {
    if (Draft* leaf = LeafOfNode(child.get(), node); leaf != nullptr) return leaf;
  }
  return draft->children.empty() && draft->nodes.Contains(node) ? draft : nullptr;
}

/// Gives each CPU-less node to the leaf of a closest DRAM node, the one that got the fewest of its kind so
/// far.
void AssignCpulessNodes(const Machine& machine, Draft* root) {
  std::map<std::pair<const Draft*, MemoryType>, int> assigned;
  for (const Node& node : machine.nodes) {
    if (!node.cpus.empty()) continue;
    int nearest = 0;
    Draft* best = nullptr;
    for (const Node& dram : machine.nodes) {
      if (dram.cpus.empty()) continue;
      const auto found = node.distance.find(dram.id);
      const int distance = found == node.distance.end() ? 255 : found->second;
      Draft* const leaf = LeafOfNode(root, dram.id);
      if (leaf == nullptr || (best != nullptr && distance > nearest)) continue;
      if (best == nullptr || distance < nearest ||
          assigned[{leaf, node.type}] < assigned[{best, node.type}]) {
        best = leaf;
      }
      nearest = distance;
    }
    if (best == nullptr) continue;
    best->nodes.Add(node.id);
    ++assigned[{best, node.type}];
  }
}

/// Numbers the pools children first and sums up their nodes.
int Number(const Machine& machine, const Constraints& constraints, const Draft& draft, int depth,
           std::vector<Pool>* pools) {
  Pool pool;
  pool.first_in_subtree = static_cast<int>(pools->size());
  for (const auto& child : draft.children) {
    pool.children.push_back(Number(machine, constraints, *child, depth + 1, pools));
  }
  pool.id = static_cast<int>(pools->size());
  pool.name = draft.name;
  pool.kind = draft.kind;
  pool.depth = depth;
  const CpuSet allowed = draft.cpus & constraints.allowed;
  pool.isolated = allowed & constraints.isolated;
  pool.reserved = (allowed & constraints.reserved) - constraints.isolated;
  pool.sharable = allowed - pool.isolated - pool.reserved;
  CpuSet nodes = draft.nodes;
  for (int child : pool.children) {
    Pool& below = (*pools)[static_cast<size_t>(child)];
    below.parent = pool.id;
    nodes |= below.AllNodes();
  }
  for (int id : nodes.Ids()) {
    const Node* node = machine.FindNode(id);
    if (node->memory_bytes == 0) continue;
    pool.nodes[Index(node->type)].Add(id);
    pool.memory[Index(node->type)] += node->memory_bytes;
  }
  pools->push_back(std::move(pool));
  return pools->back().id;
}

}  // namespace

std::string TypeNames(TypeMask types) {
  std::string names;
  for (const auto& [bit, name] : {std::pair{kDram, "DRAM"}, {kPmem, "PMEM"}, {kHbm, "HBM"}}) {
    if ((types & bit) != 0) names += (names.empty() ? "" : ",") + std::string(name);
  }
  return names;
}

std::string_view PoolKindName(PoolKind kind) {
  switch (kind) {
    case PoolKind::kVirtual:
      return "virtual node";
    case PoolKind::kSocket:
      return "socket";
    case PoolKind::kDie:
      return "die";
    case PoolKind::kNumaNode:
      return "numa node";
  }
  return "";
}

PoolTree::PoolTree(const Machine& machine, const Constraints& constraints) {
  std::unique_ptr<Draft> root;
  if (machine.packages.size() == 1) {
    root = DraftSocket(machine, machine.packages[0]);
  } else {
    root = MakeDraft(PoolKind::kVirtual, "root", machine.online, CpuSet());
    for (const Package& package : machine.packages) root->children.push_back(DraftSocket(machine, package));
  }
  AssignCpulessNodes(machine, root.get());
  Number(machine, constraints, *root, 0, &pools_);
}

int PoolTree::Find(std::string_view name) const {
  for (const Pool& pool : pools_) {
    if (pool.name == name) return pool.id;
  }
  return -1;
}

CpuSet PoolTree::MemorySet(int pool, TypeMask types) const {
  for (int id = pool; id >= 0; id = at(id).parent) {
    const Pool& candidate = at(id);
    CpuSet wanted;
    for (MemoryType type : kBookingOrder) {
      if ((types & Bit(type)) != 0) wanted |= candidate.nodes[Index(type)];
    }
    if (!wanted.empty()) return wanted;
    if (const CpuSet& dram = candidate.nodes[Index(MemoryType::kDram)]; !dram.empty()) return dram;
    if (CpuSet all = candidate.AllNodes(); !all.empty()) return all;
  }
  return CpuSet();
}

}  // namespace crm::policies::topology_aware
