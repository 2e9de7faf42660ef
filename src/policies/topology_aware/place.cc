#include "policies/topology_aware/place.h"

#include "base/quantity.h"
#include "base/status.h"
#include "fmt/format.h"
#include "policies/topology_aware/choose.h"
#include "policies/topology_aware/memory.h"
#include "policies/topology_aware/take_cpus.h"

namespace crm::policies::topology_aware {
namespace {

absl::Status PlaceIn(GrantBook* book, const placement::CpuAllocator& allocator, const PoolRequest& request,
                     int pool) {
  CRM_RETURN_IF_ERROR(TakeCpus(book, allocator, request, pool));
  CRM_RETURN_IF_ERROR(BookMemory(book, request.cache_id, request.memory_bytes));
  return WidenOthers(book, request.cache_id);
}

}  // namespace

absl::Status Place(GrantBook* book, const placement::CpuAllocator& allocator, const PoolRequest& request,
                   std::optional<int> hint) {
  if (hint && !request.at_root && MemoryFits(*book, request, *hint) && CpusFit(*book, request, *hint)) {
    if (PlaceIn(book, allocator, request, *hint).ok()) {
      book->Commit();
      return absl::OkStatus();
    }
    book->Rollback();
  }
  absl::StatusOr<int> pool = ChoosePool(*book, request);
  absl::Status placed = pool.ok() ? PlaceIn(book, allocator, request, *pool) : pool.status();
  if (placed.ok()) {
    book->Commit();
  } else {
    book->Rollback();
  }
  return placed;
}

placement::Assignment AssignmentOf(const GrantBook& book, const Grant& grant, bool pin_cpu, bool pin_memory) {
  placement::Assignment assignment;
  if (pin_cpu) {
    if (grant.type == CpuType::kReserved) {
      assignment.cpus = book.tree().at(grant.pool).reserved;
    } else if (grant.UsesShared()) {
      assignment.cpus = grant.exclusive | book.Sharable(grant.pool);
    } else {
      assignment.cpus = grant.exclusive;
    }
    assignment.cpu_shares = MilliCpuToShares(int64_t{1000} * grant.exclusive.size() + grant.fraction);
  }
  if (pin_memory && !grant.memory_nodes.empty()) assignment.memory_nodes = grant.memory_nodes;
  return assignment;
}

placement::Reason ReasonOf(const GrantBook& book, const Grant& grant) {
  const Pool& pool = book.tree().at(grant.pool);
  const std::string shared = book.Sharable(grant.pool).ToString();
  placement::Reason reason;
  reason.pool = pool.name;
  if (grant.type == CpuType::kReserved) {
    reason.kind = "reserved";
    reason.text = fmt::format("runs on the reserved CPUs {}", pool.reserved.ToString());
  } else if (grant.exclusive.empty()) {
    reason.kind = "shared";
    reason.text = fmt::format("shares CPUs {} of {}", shared, pool.name);
  } else {
    reason.kind = grant.UsesShared() ? "exclusive+shared" : "exclusive";
    const CpuSet isolated = grant.exclusive & pool.isolated;
    reason.text = fmt::format("owns {}CPUs {} of {}", isolated.empty() ? "" : "isolated ",
                              grant.exclusive.ToString(), pool.name);
    if (grant.UsesShared()) reason.text += fmt::format(" and shares CPUs {}", shared);
  }
  if (grant.memory_pool != grant.pool) {
    reason.text += fmt::format(", memory of {}", book.tree().at(grant.memory_pool).name);
  }
  reason.text += ": " + grant.because;
  if (!grant.note.empty()) reason.text += "; " + grant.note;
  return reason;
}

}  // namespace crm::policies::topology_aware
