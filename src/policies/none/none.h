#pragma once

#include "placement/policy.h"

namespace crm::policies::none {

/// Registers the policy "none": it accepts every container and pins nothing.
void Register(placement::PolicyRegistry& registry);

}  // namespace crm::policies::none
