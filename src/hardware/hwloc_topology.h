#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct hwloc_topology;

namespace crm::hardware {

struct HwlocDeleter {
  void operator()(hwloc_topology* topology) const;
};
using HwlocTopology = std::unique_ptr<hwloc_topology, HwlocDeleter>;

/// Loads the live machine (`root` empty) or the sysfs below another root directory. CPUs and nodes outside
/// the calling process' own cpuset are included. hwloc 2.9 takes the root (HWLOC_FSROOT) and its plugin
/// folder (HWLOC_PLUGINS_PATH) from the environment only, so both are set around the load, under a mutex, and
/// restored: call it before other threads read the environment. Plugins stay off, since a static program must
/// not load the host's shared objects, and so does the CPUID backend, which would bind the calling thread to
/// one CPU after another.
absl::StatusOr<HwlocTopology> LoadSystemTopology(const std::string& root);

/// Loads hwloc's one-line synthetic description.
absl::StatusOr<HwlocTopology> LoadSyntheticTopology(const std::string& description);

}  // namespace crm::hardware
