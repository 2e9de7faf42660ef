#pragma once

#include "placement/policy.h"

namespace crm::policies::topology_aware {

/// Registers the policy "topology-aware": containers get CPUs and memory of one part of the machine where
/// possible. Spec 30. Its Restore leaves out containers without a saved grant that find no room; those with
/// one are an error.
void Register(placement::PolicyRegistry& registry);

}  // namespace crm::policies::topology_aware
