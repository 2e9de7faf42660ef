#pragma once

#include <string>

#include "policies/topology_aware/constraints.h"
#include "policies/topology_aware/grant_book.h"

namespace crm::policies::topology_aware {

/// The pools with what they have and what is free, and the grants, as JSON for introspection. Pools are in id
/// order.
std::string DescribeBook(const Constraints& constraints, const GrantBook& book);

}  // namespace crm::policies::topology_aware
