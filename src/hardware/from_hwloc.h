#pragma once

#include "absl/status/statusor.h"
#include "hardware/machine.h"

struct hwloc_topology;

namespace crm::hardware {

/// What hwloc tells: CPUs with package, die, core and node, nodes with their memory, packages. Die ids as the
/// system numbers them, or counted per package (`renumber_dies`). Distances and memory kinds are left for the
/// caller, who ends with FinishMachine.
absl::StatusOr<Machine> FromHwloc(hwloc_topology* topology, bool renumber_dies);

/// Derives what depends on other members: node and package CPU sets, package and die of the nodes, the repair
/// of missing and asymmetric distances (floor of the average), memory kinds by spec 20 section 4.3 with 4.4.
/// A CPU's package, die and node must be set. Nodes with neither CPUs nor memory are dropped.
absl::Status FinishMachine(Machine* machine);

}  // namespace crm::hardware
