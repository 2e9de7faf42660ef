#pragma once

#include <string>

#include "state/state.h"

namespace crm::observe {

/// What was decided for each container, for people: one line each with pod, QoS class, CPUs, memory nodes,
/// shares, pool and the reason; and for programs: a JSON array of objects with namespace, pod, container, id,
/// qos, state, cpus, mems, shares, pool, kind, reason. Undecided values are "-" and null. Containers that
/// ended are left out.
std::string ContainersTable(const state::State& state);
std::string ContainersJson(const state::State& state);

}  // namespace crm::observe
