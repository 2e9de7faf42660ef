#pragma once

#include <cstdint>
#include <string>

#include "config/plan.h"
#include "placement/order.h"
#include "placement/policy.h"
#include "policies/topology_aware/pool_tree.h"

namespace crm::policies::topology_aware {

/// The values of the saved grants.
enum class CpuType { kNormal = 0, kReserved = 1 };

/// A container's wishes in the terms of pools. Spec 30 section 5.
struct PoolRequest {
  std::string cache_id;
  std::string pretty;
  placement::PlacementOrder order;
  int full = 0;          ///< exclusive CPUs
  int64_t fraction = 0;  ///< milli-CPU of shared (or reserved) CPUs
  bool isolate = false;  ///< take the exclusive ones from kernel-isolated CPUs where possible
  CpuType type = CpuType::kNormal;
  bool at_root = false;  ///< no choice of a pool: reserved ones and all of kube-system
  int64_t memory_bytes = 0;
  TypeMask memory_types = kAllMemory;
  bool any_memory = true;  ///< no memory type was asked for
  std::string because;     ///< in words: "Guaranteed, asks for 2 CPUs"
  std::string note;        ///< annotations that were ignored, and why

  /// Whether it will run on shared CPUs of its pool.
  bool UsesShared() const { return type == CpuType::kNormal && (fraction > 0 || full == 0); }
};

/// `options` hold valid globs; `tree` tells whether the machine has HBM.
PoolRequest MakePoolRequest(const placement::Request& request, const config::TopologyAwareOptions& options,
                            const PoolTree& tree);

/// "2 CPUs", "1 CPU", "1500m".
std::string CpuAmount(int64_t milli);

}  // namespace crm::policies::topology_aware
