#include "policies/topology_aware/memory.h"

#include <algorithm>
#include <numeric>

#include "base/status.h"

namespace crm::policies::topology_aware {
namespace {

using hardware::MemoryType;

int64_t Size(const Grant& grant) {
  return std::accumulate(grant.memory.begin(), grant.memory.end(), int64_t{0});
}

int64_t FreeOfAll(const GrantBook& book, int pool) {
  int64_t free = 0;
  for (MemoryType type : kBookingOrder) free += book.FreeMemory(pool, type);
  return free;
}

int64_t ExtraOfAll(const GrantBook& book, int pool) {
  int64_t extra = 0;
  for (MemoryType type : kBookingOrder) extra += book.ExtraMemory(pool, type);
  return extra;
}

/// Grants in pools that larger ones might eat up, least important first.
std::vector<std::string> Endangered(const GrantBook& book, const Grant& newcomer) {
  const PoolTree& tree = book.tree();
  const CpuSet around = tree.MemorySet(newcomer.memory_pool, newcomer.memory_types);
  std::vector<bool> in_danger;
  for (const Pool& pool : tree.pools()) {
    const CpuSet nodes = tree.MemorySet(pool.id, newcomer.memory_types);
    in_danger.push_back(around.Contains(nodes) && !(around == nodes) &&
                        ExtraOfAll(book, pool.id) > FreeOfAll(book, pool.id));
  }
  std::vector<const Grant*> found;
  for (const auto& [id, grant] : book.grants()) {
    if (in_danger[static_cast<size_t>(grant.memory_pool)] && id != newcomer.cache_id) found.push_back(&grant);
  }
  std::sort(found.begin(), found.end(), [](const Grant* a, const Grant* b) { return b->order < a->order; });
  std::vector<std::string> ids;
  ids.reserve(found.size());
  for (const Grant* grant : found) ids.push_back(grant->cache_id);
  return ids;
}

absl::Status MoveUp(GrantBook* book, const std::string& cache_id) {
  Grant grant = *book->Find(cache_id);
  const int from = grant.memory_pool;
  const int64_t size = Size(grant);
  grant.memory = {};
  book->Put(grant);
  for (int id = book->tree().at(from).parent; id >= 0; id = book->tree().at(id).parent) {
    if (ExtraOfAll(*book, id) + size > FreeOfAll(*book, id)) continue;
    grant.memory_pool = id;
    grant.note = "its memory was widened to " + book->tree().at(id).name + " so that others cannot use it up";
    book->Put(grant);
    return BookMemory(book, cache_id, size);
  }
  return ResourceExhausted("{} in {} would be left without its {} bytes of memory", grant.pretty,
                           book->tree().at(from).name, size);
}

}  // namespace

bool MemoryFits(const GrantBook& book, const PoolRequest& request, int pool) {
  int64_t wanted = request.memory_bytes;
  for (MemoryType type : kBookingOrder) {
    if ((request.memory_types & Bit(type)) == 0) continue;
    const int64_t extra = book.ExtraMemory(pool, type);
    const int64_t free = book.FreeMemory(pool, type);
    if (extra > free) continue;
    if (wanted + extra <= free) return true;
    wanted -= free - extra;
  }
  return false;
}

absl::Status BookMemory(GrantBook* book, const std::string& cache_id, int64_t bytes) {
  Grant grant = *book->Find(cache_id);
  const PoolTree& tree = book->tree();
  int64_t missing = bytes;
  for (MemoryType type : kBookingOrder) {
    if ((grant.memory_types & Bit(type)) == 0) continue;
    const int64_t free = std::max<int64_t>(0, book->FreeMemory(grant.memory_pool, type));
    const int64_t taken = std::min(missing, free);
    grant.memory[Index(type)] += taken;
    missing -= taken;
  }
  if (missing > 0) {
    return ResourceExhausted("no room for container {}: {} lacks {} of {} bytes of {} memory", grant.pretty,
                             tree.at(grant.memory_pool).name, missing, bytes, TypeNames(grant.memory_types));
  }
  grant.memory_nodes = tree.MemorySet(grant.memory_pool, grant.memory_types);
  book->Put(std::move(grant));
  return absl::OkStatus();
}

absl::Status WidenOthers(GrantBook* book, const std::string& newcomer) {
  while (true) {
    const std::vector<std::string> endangered = Endangered(*book, *book->Find(newcomer));
    if (endangered.empty()) return absl::OkStatus();
    absl::Status moved = MoveUp(book, endangered.front());
    if (!moved.ok())
      return Annotate(std::move(moved), "no room for container " + book->Find(newcomer)->pretty);
  }
}

absl::Status NoMemoryError(const GrantBook& book, const PoolRequest& request) {
  int nearest = book.tree().root();
  int64_t most = INT64_MIN;
  for (const Pool& pool : book.tree().pools()) {
    int64_t room = 0;
    for (MemoryType type : kBookingOrder) {
      if ((request.memory_types & Bit(type)) == 0) continue;
      room += std::max<int64_t>(0, book.FreeMemory(pool.id, type) - book.ExtraMemory(pool.id, type));
    }
    if (room > most) {
      most = room;
      nearest = pool.id;
    }
  }
  return ResourceExhausted(
      "no suitable pool found for container {}: it asks for {} bytes of {} memory; {} comes nearest with {} "
      "bytes "
      "free, {} too few",
      request.pretty, request.memory_bytes, TypeNames(request.memory_types), book.tree().at(nearest).name,
      most, request.memory_bytes - most);
}

}  // namespace crm::policies::topology_aware
