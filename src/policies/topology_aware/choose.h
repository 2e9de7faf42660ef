#pragma once

#include "absl/status/statusor.h"
#include "policies/topology_aware/grant_book.h"
#include "policies/topology_aware/request.h"

namespace crm::policies::topology_aware {

/// Whether the pool's CPUs can serve the request, an exact fit included: spec 30 sections 7.2 and 7.3 as
/// conditions.
bool CpusFit(const GrantBook& book, const PoolRequest& request, int pool);

/// The pool that suits the request best among those with room for its memory: spec 30 section 6. It may lack
/// CPUs when all do; taking them then fails. ResourceExhausted when no pool has the memory.
absl::StatusOr<int> ChoosePool(const GrantBook& book, const PoolRequest& request);

}  // namespace crm::policies::topology_aware
