#include "policies/topology_aware/restore.h"

#include <map>
#include <utility>

#include "base/status.h"
#include "policies/topology_aware/place.h"
#include "policies/topology_aware/snapshot.h"

namespace crm::policies::topology_aware {
namespace {

struct Restorable {
  PoolRequest request;
  SavedGrant saved;
  int pool = 0;
  int memory_pool = 0;
};

/// Enters a saved grant as it is, if its CPUs are there and free. Memory is not checked: it is in use
/// already.
bool Reinstate(GrantBook* book, const Restorable& from) {
  const PoolTree& tree = book->tree();
  const Pool& pool = tree.at(from.pool);
  const CpuSet isolated = from.saved.exclusive & pool.isolated;
  const CpuSet sliced = from.saved.exclusive - isolated;
  if (!book->Isolated(from.pool).Contains(isolated) || !book->Sharable(from.pool).Contains(sliced))
    return false;
  Grant grant;
  grant.cache_id = from.saved.cache_id;
  grant.pretty = from.request.pretty;
  grant.order = from.request.order;
  grant.type = from.saved.type;
  grant.exclusive = from.saved.exclusive;
  grant.fraction = from.saved.fraction;
  grant.pool = from.pool;
  grant.memory_pool = from.memory_pool;
  grant.memory_types = from.saved.memory_types;
  grant.memory = from.saved.memory;
  grant.because = from.saved.because.empty() ? from.request.because : from.saved.because;
  grant.note = from.saved.note;
  const CpuSet all_nodes = tree.at(tree.root()).AllNodes();
  const CpuSet& nodes = from.saved.memory_nodes;
  grant.memory_nodes = !nodes.empty() && all_nodes.Contains(nodes)
                           ? nodes
                           : tree.MemorySet(from.memory_pool, grant.memory_types);
  if (grant.type == CpuType::kReserved) {
    if (!grant.exclusive.empty() || book->FreeReserved(from.pool) < grant.fraction) return false;
  } else if (book->FreeShared(from.pool) < int64_t{1000} * sliced.size() + grant.fraction) {
    return false;
  }
  book->Put(std::move(grant));
  return true;
}

bool ReinstateAll(GrantBook* book, const std::vector<Restorable>& all) {
  for (const Restorable& one : all) {
    if (!Reinstate(book, one)) return false;
  }
  for (const Pool& pool : book->tree().pools()) {
    if (book->SharedUsers(pool.id) == 0) continue;
    if (book->Sharable(pool.id).empty() || book->FreeShared(pool.id) < 0) return false;
  }
  return true;
}

}  // namespace

absl::Status RestoreGrants(GrantBook* book, const placement::CpuAllocator& allocator,
                           const config::TopologyAwareOptions& options, std::string_view saved,
                           const std::vector<placement::Request>& alive) {
  const PoolTree& tree = book->tree();
  std::map<std::string, SavedGrant> grants;
  for (SavedGrant& grant : ParseGrants(saved)) grants.emplace(grant.cache_id, std::move(grant));

  std::vector<Restorable> restorable;
  std::vector<PoolRequest> others;
  for (const placement::Request& request : placement::Ordered(alive)) {
    PoolRequest wish = MakePoolRequest(request, options, tree);
    const auto found = grants.find(wish.cache_id);
    const int pool = found == grants.end() ? -1 : tree.Find(found->second.pool);
    if (pool < 0) {
      others.push_back(std::move(wish));
      continue;
    }
    const int memory_pool = tree.Find(found->second.memory_pool);
    restorable.push_back({std::move(wish), found->second, pool, memory_pool < 0 ? pool : memory_pool});
    grants.erase(found);
  }

  if (ReinstateAll(book, restorable)) {
    book->Commit();
  } else {
    book->Rollback();
    for (const Restorable& one : restorable) {
      absl::Status placed = Place(book, allocator, one.request, one.pool);
      if (placed.ok()) continue;
      while (!book->grants().empty()) book->Erase(book->grants().begin()->first);
      book->Commit();
      return placed;
    }
  }
  for (const PoolRequest& wish : others) {
    // One that finds no room runs without a grant; the caller sees it by its absence.
    Place(book, allocator, wish).IgnoreError();
  }
  return absl::OkStatus();
}

}  // namespace crm::policies::topology_aware
