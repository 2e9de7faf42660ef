#include "policies/topology_aware/grant_book.h"

#include <algorithm>

namespace crm::policies::topology_aware {

GrantBook::GrantBook(const PoolTree& tree) : tree_(tree) {
  for (const Pool& pool : tree.pools()) {
    Supply supply;
    supply.isolated = pool.isolated;
    supply.sharable = pool.sharable;
    const CpuSet nodes = pool.AllNodes();
    for (const Pool& other : tree.pools()) {
      const CpuSet others = other.AllNodes();
      if (other.id == pool.id || (nodes.Contains(others) && !others.empty()))
        supply.within.push_back(other.id);
      if (!nodes.empty() && others.Contains(nodes) && !(others == nodes)) supply.around.push_back(other.id);
    }
    supplies_.push_back(std::move(supply));
  }
}

const Grant* GrantBook::Find(const std::string& cache_id) const {
  const auto found = grants_.find(cache_id);
  return found == grants_.end() ? nullptr : &found->second;
}

void GrantBook::Book(const Grant& grant, int sign) {
  if (!grant.exclusive.empty()) {
    for (const Pool& pool : tree_.pools()) {
      Supply& supply = at(pool.id);
      if (sign > 0) {
        supply.isolated -= grant.exclusive;
        supply.sharable -= grant.exclusive;
      } else {
        supply.isolated |= grant.exclusive & pool.isolated;
        supply.sharable |= grant.exclusive & pool.sharable;
      }
    }
  }
  for (int id = grant.pool; id >= 0; id = tree_.at(id).parent) {
    (grant.type == CpuType::kReserved ? at(id).reserved_milli : at(id).shared_milli) += sign * grant.fraction;
  }
  Supply& own = at(grant.pool);
  if (grant.type == CpuType::kNormal) own.normal_grants += sign;
  if (grant.UsesShared()) own.shared_users += sign;
  if (grant.AsksForNothing()) own.zero_users += sign;
  for (size_t i = 0; i < grant.memory.size(); ++i) at(grant.memory_pool).memory[i] += sign * grant.memory[i];
}

void GrantBook::Apply(const std::string& cache_id, std::optional<Grant> grant) {
  if (const auto old = grants_.find(cache_id); old != grants_.end()) {
    Book(old->second, -1);
    grants_.erase(old);
  }
  if (grant) {
    Book(*grant, 1);
    grants_.emplace(cache_id, *std::move(grant));
  }
}

void GrantBook::Put(Grant grant) {
  const Grant* old = Find(grant.cache_id);
  undo_.emplace_back(grant.cache_id, old == nullptr ? std::nullopt : std::optional<Grant>(*old));
  const std::string cache_id = grant.cache_id;
  Apply(cache_id, std::move(grant));
}

void GrantBook::Erase(const std::string& cache_id) {
  const Grant* old = Find(cache_id);
  if (old == nullptr) return;
  undo_.emplace_back(cache_id, *old);
  Apply(undo_.back().first, std::nullopt);
}

void GrantBook::SetReported(const std::string& cache_id, placement::Assignment assignment) {
  if (const auto found = grants_.find(cache_id); found != grants_.end()) {
    found->second.reported = std::move(assignment);
  }
}

void GrantBook::Rollback() {
  for (; !undo_.empty(); undo_.pop_back()) Apply(undo_.back().first, std::move(undo_.back().second));
}

int64_t GrantBook::FreeShared(int pool) const {
  int64_t free = INT64_MAX;
  for (int id = pool; id >= 0; id = tree_.at(id).parent) {
    free = std::min(free, 1000 * int64_t{at(id).sharable.size()} - at(id).shared_milli);
  }
  return free;
}

int64_t GrantBook::FreeReserved(int pool) const {
  if (tree_.at(pool).reserved.empty()) return -1;
  int64_t free = INT64_MAX;
  for (int id = pool; id >= 0; id = tree_.at(id).parent) {
    free = std::min(free, 1000 * int64_t{tree_.at(id).reserved.size()} - at(id).reserved_milli);
  }
  return free;
}

int64_t GrantBook::FreeMemory(int pool, hardware::MemoryType type) const {
  int64_t free = tree_.at(pool).memory[Index(type)];
  for (int id : at(pool).within) free -= at(id).memory[Index(type)];
  return free;
}

int64_t GrantBook::ExtraMemory(int pool, hardware::MemoryType type) const {
  int64_t extra = 0;
  for (int id : at(pool).around) extra += at(id).memory[Index(type)];
  return extra;
}

}  // namespace crm::policies::topology_aware
