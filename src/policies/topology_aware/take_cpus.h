#pragma once

#include "absl/status/status.h"
#include "placement/cpu_allocator.h"
#include "policies/topology_aware/grant_book.h"
#include "policies/topology_aware/request.h"

namespace crm::policies::topology_aware {

/// Enters a grant with the CPUs that `request` gets from `pool`, without memory yet. Shared users of pools
/// below that would be left without CPUs move up. ResourceExhausted when there is no room; the caller then
/// undoes the transaction. Spec 30 section 7.
absl::Status TakeCpus(GrantBook* book, const placement::CpuAllocator& allocator, const PoolRequest& request,
                      int pool);

/// Moves the shared users of pools strictly below `pool` whose shared CPUs no longer suffice to the nearest
/// pools above that hold them. ResourceExhausted when there is none. Spec 30 section 7.5.
absl::Status RescueSharedUsers(GrantBook* book, int pool);

}  // namespace crm::policies::topology_aware
