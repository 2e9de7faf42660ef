#include "policies/topology_aware/choose.h"

#include <optional>

#include "policies/topology_aware/memory.h"

namespace crm::policies::topology_aware {
namespace {

/// What a pool would have left after serving the request. Spec 30 section 6.3.
struct Score {
  int pool = 0;
  int depth = 0;
  int isolated = 0;    ///< CPUs; negative when exclusive CPUs would come from the shared ones
  int64_t shared = 0;  ///< milli-CPU
  int colocated = 0;
  bool has_all_memory_types = false;
  int sufficiency = 0;  ///< higher is better
};

/// Rule 1 of spec 30 section 6.6 as an order without contradictions: pools with spare capacity, isolated CPUs
/// first, then those where the request fits exactly, then the rest.
int Sufficiency(const GrantBook& book, const PoolRequest& request, const Score& score) {
  const bool isolated_cover_all = request.isolate && score.isolated >= 0 && request.fraction == 0;
  if (score.isolated >= 0 && (score.shared > 0 || isolated_cover_all)) return 5;
  if (score.shared > 0) return 4;
  const int fits = CpusFit(book, request, score.pool) ? 2 : 0;
  return fits + (score.isolated >= 0 ? 1 : 0);
}

Score ScorePool(const GrantBook& book, const PoolRequest& request, const Pool& pool) {
  Score score;
  score.pool = pool.id;
  score.depth = pool.depth;
  score.shared = book.FreeShared(pool.id);
  if (request.isolate) score.isolated = book.Isolated(pool.id).size() - request.full;
  if (!request.isolate || score.isolated < 0) score.shared -= int64_t{1000} * request.full;
  score.shared -= request.full == 0 && request.fraction == 0 ? 1 : request.fraction;
  score.colocated = book.Colocated(pool.id);
  score.has_all_memory_types = true;
  for (hardware::MemoryType type : kBookingOrder) {
    if ((request.memory_types & Bit(type)) != 0 && pool.nodes[Index(type)].empty()) {
      score.has_all_memory_types = false;
    }
  }
  score.sufficiency = Sufficiency(book, request, score);
  return score;
}

/// Whether `a` beats `b`. Called with ascending pools, so that "lower id" is "not better". Spec 30
/// section 6.6.
bool Better(const PoolRequest& request, const Score& a, const Score& b) {
  if (a.sufficiency != b.sufficiency) return a.sufficiency > b.sufficiency;
  if (!request.any_memory && a.has_all_memory_types != b.has_all_memory_types) return a.has_all_memory_types;
  if (a.depth != b.depth) return a.depth > b.depth;
  if (request.isolate && (a.isolated > 0 || b.isolated > 0)) return a.isolated > b.isolated;
  if (request.full > 0 && (a.shared > 0 || b.shared > 0)) return a.shared > b.shared;
  if (a.colocated != b.colocated) return a.colocated < b.colocated;
  return a.shared > b.shared;
}

}  // namespace

bool CpusFit(const GrantBook& book, const PoolRequest& request, int pool) {
  int64_t shared = book.FreeShared(pool);
  int sharable = book.Sharable(pool).size();
  if (request.full > 0 && !(request.isolate && book.Isolated(pool).size() >= request.full)) {
    if (shared <= int64_t{1000} * request.full) return false;
    shared -= int64_t{1000} * request.full;
    sharable -= request.full;
  }
  return !request.UsesShared() || (sharable > 0 && shared >= request.fraction);
}

absl::StatusOr<int> ChoosePool(const GrantBook& book, const PoolRequest& request) {
  const PoolTree& tree = book.tree();
  if (request.at_root) return tree.root();
  std::optional<Score> best;
  for (const Pool& pool : tree.pools()) {
    if (!MemoryFits(book, request, pool.id)) continue;
    const Score score = ScorePool(book, request, pool);
    if (!best || Better(request, score, *best)) best = score;
  }
  if (!best) return NoMemoryError(book, request);
  return best->pool;
}

}  // namespace crm::policies::topology_aware
