#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "placement/order.h"
#include "placement/policy.h"
#include "policies/topology_aware/pool_tree.h"
#include "policies/topology_aware/request.h"

namespace crm::policies::topology_aware {

/// What one container holds.
struct Grant {
  std::string cache_id;
  std::string pretty;  ///< "<pod>:<container>"
  placement::PlacementOrder order;
  CpuType type = CpuType::kNormal;
  CpuSet exclusive;      ///< kernel-isolated ones included
  int64_t fraction = 0;  ///< milli-CPU of the pool's shared (or reserved) CPUs
  int pool = 0;
  int memory_pool = 0;
  TypeMask memory_types = kAllMemory;
  MemoryAmounts memory = {};  ///< booked at memory_pool
  CpuSet memory_nodes;
  std::string because;             ///< the request in words, for people
  std::string note;                ///< what happened to it since, or which annotation was ignored
  placement::Assignment reported;  ///< what the engine knows

  /// Whether it runs on the pool's shared CPUs, alone or beside its own.
  bool UsesShared() const { return type == CpuType::kNormal && (fraction > 0 || exclusive.empty()); }
  bool AsksForNothing() const { return UsesShared() && fraction == 0; }
};

/// The grants and, per pool, what they leave free. Changes belong to a transaction that can be undone; sums
/// are exact, so undoing or releasing restores the very same state. Spec 30 section 4.
class GrantBook {
 public:
  explicit GrantBook(const PoolTree& tree);

  const PoolTree& tree() const { return tree_; }
  const std::map<std::string, Grant>& grants() const { return grants_; }
  const Grant* Find(const std::string& cache_id) const;

  /// Adds a grant or replaces the one of the same cache id.
  void Put(Grant grant);
  void Erase(const std::string& cache_id);
  /// Notes what the engine was told; no part of transactions.
  void SetReported(const std::string& cache_id, placement::Assignment assignment);

  /// Undoes everything since the last Commit.
  void Rollback();
  void Commit() { undo_.clear(); }

  const CpuSet& Isolated(int pool) const { return at(pool).isolated; }
  const CpuSet& Sharable(int pool) const { return at(pool).sharable; }
  /// Milli-CPU that the pool and all above it can still give to shared users; may be negative.
  int64_t FreeShared(int pool) const;
  /// The same for reserved CPUs; -1 when the pool has none.
  int64_t FreeReserved(int pool) const;
  /// Milli-CPU granted from shared CPUs in the pool and below.
  int64_t GrantedShared(int pool) const { return at(pool).shared_milli; }
  /// Grants of normal type placed exactly here.
  int Colocated(int pool) const { return at(pool).normal_grants; }
  int SharedUsers(int pool) const { return at(pool).shared_users; }
  int SharedUsersWithoutRequest(int pool) const { return at(pool).zero_users; }

  /// Bytes that nobody in this pool or below has booked; may be negative.
  int64_t FreeMemory(int pool, hardware::MemoryType type) const;
  /// Bytes that grants of larger pools might take from this pool's nodes: spec 30 section 8.5.
  int64_t ExtraMemory(int pool, hardware::MemoryType type) const;

 private:
  struct Supply {
    CpuSet isolated;
    CpuSet sharable;
    int64_t shared_milli = 0;    ///< subtree
    int64_t reserved_milli = 0;  ///< subtree
    int normal_grants = 0;
    int shared_users = 0;
    int zero_users = 0;
    MemoryAmounts memory = {};  ///< booked exactly here
    std::vector<int> within;    ///< pools whose nodes are among this one's, itself included
    std::vector<int> around;    ///< pools with more nodes than this one, its own included
  };

  const Supply& at(int pool) const { return supplies_[static_cast<size_t>(pool)]; }
  Supply& at(int pool) { return supplies_[static_cast<size_t>(pool)]; }
  void Book(const Grant& grant, int sign);
  void Apply(const std::string& cache_id, std::optional<Grant> grant);

  const PoolTree& tree_;
  std::vector<Supply> supplies_;
  std::map<std::string, Grant> grants_;
  std::vector<std::pair<std::string, std::optional<Grant>>> undo_;
};

}  // namespace crm::policies::topology_aware
