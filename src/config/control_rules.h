#pragma once

#include <vector>

#include "config/compile.h"

namespace crm::config {

/// What the sections of the resource controllers say beyond single keys and needs no machine: names of
/// controllers, RDT classes and their partitions, block I/O items. Adds findings. Spec 40 sections 1.2, 5
/// and 6.
void CheckControllers(const Plan& plan, std::vector<Finding>& findings);

}  // namespace crm::config
