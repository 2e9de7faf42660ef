#pragma once

#include "absl/status/status.h"
#include "policies/topology_aware/grant_book.h"
#include "policies/topology_aware/request.h"

namespace crm::policies::topology_aware {

/// Whether the pool has room for the request's memory: spec 30 section 6.2.
bool MemoryFits(const GrantBook& book, const PoolRequest& request, int pool);

/// Books `bytes` of the grant's types at its memory pool, PMEM first, and sets its memory nodes.
/// ResourceExhausted when the pool is short. Spec 30 sections 8.1 and 8.3.
absl::Status BookMemory(GrantBook* book, const std::string& cache_id, int64_t bytes);

/// Moves the memory of earlier grants up the tree as far as needed so that the newcomer, which may take all
/// of its memory from any single node of its set, cannot starve them. ResourceExhausted when there is no
/// place to move to; the caller then undoes the transaction. Spec 30 sections 8.5 and 8.6.
absl::Status WidenOthers(GrantBook* book, const std::string& newcomer);

/// What is missing where no pool passed MemoryFits.
absl::Status NoMemoryError(const GrantBook& book, const PoolRequest& request);

}  // namespace crm::policies::topology_aware
