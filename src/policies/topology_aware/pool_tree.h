#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/cpuset.h"
#include "hardware/machine.h"
#include "policies/topology_aware/constraints.h"

namespace crm::policies::topology_aware {

/// Bytes by hardware::MemoryType.
using MemoryAmounts = std::array<int64_t, 3>;

/// Bit mask of memory types with the values of the saved grants: spec 30 section 5.5.
using TypeMask = unsigned;
inline constexpr TypeMask kDram = 1;
inline constexpr TypeMask kPmem = 2;
inline constexpr TypeMask kHbm = 4;
inline constexpr TypeMask kAllMemory = 7;

/// The types in the order in which memory is taken: PMEM, DRAM, HBM.
inline constexpr std::array<hardware::MemoryType, 3> kBookingOrder = {
    hardware::MemoryType::kPmem, hardware::MemoryType::kDram, hardware::MemoryType::kHbm};

inline size_t Index(hardware::MemoryType type) { return static_cast<size_t>(type); }
inline TypeMask Bit(hardware::MemoryType type) { return 1u << Index(type); }

/// "DRAM,PMEM,HBM".
std::string TypeNames(TypeMask types);

enum class PoolKind { kVirtual, kSocket, kDie, kNumaNode };

std::string_view PoolKindName(PoolKind kind);

/// One pool of CPUs and memory nodes, with all it has while nobody uses it. Constant.
struct Pool {
  int id = 0;  ///< depth-first post-order; the last tie-breaker of every choice
  std::string name;
  PoolKind kind = PoolKind::kVirtual;
  int depth = 0;
  int parent = -1;            ///< -1 for the root
  std::vector<int> children;  ///< ascending
  int first_in_subtree = 0;   ///< the pools below are [first_in_subtree, id)
  CpuSet isolated;
  CpuSet reserved;
  CpuSet sharable;
  std::array<CpuSet, 3> nodes;  ///< memory nodes by type; nodes without memory are left out
  MemoryAmounts memory = {};    ///< their bytes by type

  CpuSet AllNodes() const { return nodes[0] | nodes[1] | nodes[2]; }
};

/// The machine as a tree of pools: root, sockets, dies, NUMA nodes; levels without a choice are left out.
/// Spec 30 section 3. Immutable.
class PoolTree {
 public:
  PoolTree(const hardware::Machine& machine, const Constraints& constraints);

  const std::vector<Pool>& pools() const { return pools_; }  ///< by id; the root is the last one
  const Pool& at(int id) const { return pools_[static_cast<size_t>(id)]; }
  int size() const { return static_cast<int>(pools_.size()); }
  int root() const { return size() - 1; }
  /// -1 when there is none.
  int Find(std::string_view name) const;
  /// Whether `pool` lies strictly below `above`.
  bool IsBelow(int pool, int above) const { return pool >= at(above).first_in_subtree && pool < above; }
  bool HasHbm() const { return !at(root()).nodes[Index(hardware::MemoryType::kHbm)].empty(); }

  /// The nodes that a grant of these memory types is pinned to: those of the types, else DRAM, else any; of
  /// the nearest ancestor where the pool has no memory at all. Spec 30 section 8.3.
  CpuSet MemorySet(int pool, TypeMask types) const;

 private:
  std::vector<Pool> pools_;
};

}  // namespace crm::policies::topology_aware
