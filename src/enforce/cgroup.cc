#include "enforce/cgroup.h"

#include <vector>

#include "base/status.h"
#include "fmt/format.h"

namespace crm::enforce {
namespace {

std::string WithoutNewline(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

absl::StatusOr<CpuSet> ReadCgroupCpus(const FileSystem& fs, const std::string& cgroup_mount,
                                      const std::string& directory) {
  std::vector<std::string> tried;
  if (directory.starts_with('/')) tried.push_back(directory);
  const std::string relative = directory.starts_with('/') ? directory : "/" + directory;
  tried.push_back(cgroup_mount + relative);
  tried.push_back(cgroup_mount + "/cpuset" + relative);
  for (const std::string& candidate : tried) {
    const absl::StatusOr<std::string> text = fs.Read(candidate + "/cpuset.cpus");
    if (!text.ok()) continue;
    std::string cpus = WithoutNewline(*text);
    if (cpus.empty()) {
      if (const auto effective = fs.Read(candidate + "/cpuset.cpus.effective"); effective.ok()) {
        cpus = WithoutNewline(*effective);
      }
    }
    absl::StatusOr<CpuSet> set = CpuSet::Parse(cpus);
    if (!set.ok()) return Annotate(set.status(), candidate + "/cpuset.cpus");
    return set;
  }
  return NotFound("cgroup \"{}\": no cpuset.cpus in {}", directory, fmt::join(tried, ", "));
}

}  // namespace crm::enforce
