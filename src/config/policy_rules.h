#pragma once

#include <vector>

#include "config/compile.h"
#include "config/schema.h"
#include "config/yaml.h"

namespace crm::config {

/// What concerns more than one key and needs no machine: the active policy is one that this version has, its
/// section counts, and the CPU constraints fit it and each other. Completes draft.plan and adds findings.
/// `root` is the configuration as it was given. Spec 10 section 6.5, spec 30 sections 1 and 2, spec 32
/// section 2.
void ResolvePlan(Draft& draft, const Node& root, std::vector<Finding>& findings);

}  // namespace crm::config
