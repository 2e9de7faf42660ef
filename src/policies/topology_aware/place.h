#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "placement/cpu_allocator.h"
#include "policies/topology_aware/grant_book.h"
#include "policies/topology_aware/request.h"

namespace crm::policies::topology_aware {

/// Places one container: chooses the pool (`hint` first when the request fits there), takes CPUs, books
/// memory, widens others. On success the transaction is committed, on failure the book is as it was at the
/// last Commit.
absl::Status Place(GrantBook* book, const placement::CpuAllocator& allocator, const PoolRequest& request,
                   std::optional<int> hint = std::nullopt);

/// What a grant means for the container, by what its pool has now. `pin_cpu` and `pin_memory` are the
/// policy's options.
placement::Assignment AssignmentOf(const GrantBook& book, const Grant& grant, bool pin_cpu, bool pin_memory);
placement::Reason ReasonOf(const GrantBook& book, const Grant& grant);

}  // namespace crm::policies::topology_aware
