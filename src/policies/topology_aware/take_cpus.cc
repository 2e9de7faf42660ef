#include "policies/topology_aware/take_cpus.h"

#include <algorithm>

#include "base/status.h"
#include "fmt/format.h"
#include "policies/topology_aware/choose.h"

namespace crm::policies::topology_aware {
namespace {

using hardware::CpuPriority;

bool HasSharedUsersBelow(const GrantBook& book, int pool) {
  for (int id = book.tree().at(pool).first_in_subtree; id < pool; ++id) {
    if (book.SharedUsers(id) > 0) return true;
  }
  return false;
}

/// The shared CPUs of an inner pool that its leaves can spare: spec 30 section 7.5.
CpuSet SparedByLeaves(const GrantBook& book, const placement::CpuAllocator& allocator, int pool) {
  const PoolTree& tree = book.tree();
  CpuSet outside = book.Sharable(pool);
  CpuSet spared;
  for (int id = tree.at(pool).first_in_subtree; id < pool; ++id) {
    if (!tree.at(id).children.empty()) continue;
    CpuSet sharable = book.Sharable(id);
    outside -= sharable;
    int count = static_cast<int>(std::max<int64_t>(0, book.FreeShared(id)) / 1000);
    count = std::min(count, sharable.size());
    if (count > 0 && count == sharable.size() && book.SharedUsersWithoutRequest(id) > 0) --count;
    if (absl::StatusOr<CpuSet> taken = allocator.Allocate(&sharable, count, CpuPriority::kNone); taken.ok()) {
      spared |= *taken;
    }
  }
  return spared | outside;
}

absl::Status NoCpusError(const GrantBook& book, const PoolRequest& request) {
  const PoolTree& tree = book.tree();
  // What is free grows towards the root; the smallest pool that has as much as the root comes nearest.
  int nearest = tree.root();
  const int64_t most = book.FreeShared(tree.root());
  for (int id = tree.root(); !request.at_root && id >= 0; --id) {
    if (book.FreeShared(id) == most && tree.at(id).depth >= tree.at(nearest).depth) nearest = id;
  }
  const Pool& pool = tree.at(nearest);
  const CpuSet& sharable = book.Sharable(nearest);
  std::string wanted;
  if (request.full > 0)
    wanted = request.full == 1 ? "1 exclusive CPU" : fmt::format("{} exclusive CPUs", request.full);
  if (request.UsesShared()) {
    wanted += fmt::format(
        "{}{}", wanted.empty() ? "" : " and ",
        request.fraction > 0 ? fmt::format("{}m of shared CPUs", request.fraction) : "shared CPUs");
  }
  const std::string start =
      fmt::format("no room for container {}, which asks for {}: ", request.pretty, wanted);
  if (sharable.empty()) return ResourceExhausted("{}{} has no shared CPUs left", start, pool.name);
  const int64_t free = book.FreeShared(nearest);
  const int64_t missing = int64_t{1000} * request.full + request.fraction - free;
  std::string text = fmt::format("{}{} comes nearest with {}m free on its shared CPUs {}", start, pool.name,
                                 free, sharable.ToString());
  if (request.full == 0) return ResourceExhausted("{}, {}m too few", text, missing);
  const int64_t cpus = std::max<int64_t>(1, (missing + 999) / 1000);
  return ResourceExhausted("{}, of which exclusive CPUs must leave some; {} more {} needed", text,
                           CpuAmount(cpus * 1000), cpus == 1 ? "is" : "are");
}

/// Exclusive CPUs of the chosen pool: kernel-isolated ones, all or none, else from the shared set, which they
/// never use up. Spec 30 section 7.2.
absl::StatusOr<CpuSet> PickExclusive(const GrantBook& book, const placement::CpuAllocator& allocator,
                                     const PoolRequest& request, int pool) {
  if (request.isolate && book.Isolated(pool).size() >= request.full) {
    CpuSet from = book.Isolated(pool);
    return allocator.Allocate(&from, request.full, CpuPriority::kHigh);
  }
  if (book.FreeShared(pool) <= int64_t{1000} * request.full) return NoCpusError(book, request);
  CpuSet from = book.Sharable(pool);
  if (HasSharedUsersBelow(book, pool)) {
    const CpuSet spared = SparedByLeaves(book, allocator, pool);
    if (spared.size() >= request.full) from = spared;
  }
  return allocator.Allocate(&from, request.full, CpuPriority::kHigh);
}

bool TooSmall(const GrantBook& book, int pool) {
  const CpuSet& sharable = book.Sharable(pool);
  return book.SharedUsers(pool) > 0 &&
         (sharable.empty() || int64_t{1000} * sharable.size() < book.GrantedShared(pool));
}

std::vector<std::string> SharedUsersOf(const GrantBook& book, int pool) {
  std::vector<const Grant*> users;
  for (const auto& [id, grant] : book.grants()) {
    if (grant.pool == pool && grant.UsesShared()) users.push_back(&grant);
  }
  std::sort(users.begin(), users.end(), [](const Grant* a, const Grant* b) { return a->order < b->order; });
  std::vector<std::string> ids;
  for (const Grant* grant : users) ids.push_back(grant->cache_id);
  return ids;
}

absl::Status MoveUp(GrantBook* book, const std::string& cache_id) {
  Grant grant = *book->Find(cache_id);
  const std::string from = book->tree().at(grant.pool).name;
  for (int id = book->tree().at(grant.pool).parent; id >= 0; id = book->tree().at(id).parent) {
    grant.pool = id;
    grant.note = fmt::format("moved up from {} when the CPUs there were given away", from);
    book->Put(grant);
    if (!book->Sharable(id).empty() && book->FreeShared(id) >= 0) return absl::OkStatus();
  }
  return ResourceExhausted("{} would be left without shared CPUs in {} and everywhere above", grant.pretty,
                           from);
}

}  // namespace

absl::Status RescueSharedUsers(GrantBook* book, int pool) {
  for (int id = book->tree().at(pool).first_in_subtree; id < pool; ++id) {
    if (!TooSmall(*book, id)) continue;
    for (const std::string& user : SharedUsersOf(*book, id)) CRM_RETURN_IF_ERROR(MoveUp(book, user));
  }
  return absl::OkStatus();
}

absl::Status TakeCpus(GrantBook* book, const placement::CpuAllocator& allocator, const PoolRequest& request,
                      int pool) {
  Grant grant;
  grant.cache_id = request.cache_id;
  grant.pretty = request.pretty;
  grant.order = request.order;
  grant.type = request.type;
  grant.fraction = request.fraction;
  grant.pool = grant.memory_pool = pool;
  grant.memory_types = request.memory_types;
  grant.because = request.because;
  grant.note = request.note;

  PoolRequest effective = request;
  if (const int64_t reserved = book->FreeReserved(pool);
      request.type == CpuType::kReserved && (reserved < 0 || request.fraction > reserved)) {
    effective.type = grant.type = CpuType::kNormal;
    grant.note += fmt::format("{}only {}m of the reserved CPUs are free, so it shares the others",
                              grant.note.empty() ? "" : "; ", std::max<int64_t>(0, reserved));
  }
  if (effective.full > 0) {
    CRM_ASSIGN_OR_RETURN(grant.exclusive, PickExclusive(*book, allocator, effective, pool));
  }
  const bool from_shared = grant.exclusive.Intersects(book->Sharable(pool));
  if (effective.UsesShared() && !CpusFit(*book, effective, pool)) return NoCpusError(*book, effective);
  book->Put(std::move(grant));
  if (!from_shared) return absl::OkStatus();
  absl::Status rescued = RescueSharedUsers(book, pool);
  if (!rescued.ok()) return Annotate(std::move(rescued), "no room for container " + request.pretty);
  return absl::OkStatus();
}

}  // namespace crm::policies::topology_aware
