#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/cpuset.h"
#include "base/fs.h"

namespace crm::enforce {

/// Reads cpuset.cpus of a cgroup directory: as an absolute directory, then below the cgroup mount, then below
/// the v1 cpuset controller; the first with such a file wins. On cgroup v2 an empty file falls back to
/// cpuset.cpus.effective. NotFound names what was tried. Spec 30 section 1.3.
absl::StatusOr<CpuSet> ReadCgroupCpus(const FileSystem& fs, const std::string& cgroup_mount,
                                      const std::string& directory);

}  // namespace crm::enforce
