#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "config/plan.h"
#include "placement/cpu_allocator.h"
#include "policies/topology_aware/grant_book.h"

namespace crm::policies::topology_aware {

/// Fills an empty book from a saved text. Containers with a saved grant get exactly that; when one of these
/// no longer fits, all of them are placed anew with their old pools as hints, and when that fails too the
/// book stays empty and the error says which container found no room. Containers without a saved grant
/// follow, by spec 20 section 14.6; those that find no room are left out. Spec 30 section 12.2.
absl::Status RestoreGrants(GrantBook* book, const placement::CpuAllocator& allocator,
                           const config::TopologyAwareOptions& options, std::string_view saved,
                           const std::vector<placement::Request>& alive);

}  // namespace crm::policies::topology_aware
