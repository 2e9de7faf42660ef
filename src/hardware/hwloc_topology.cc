#include "hardware/hwloc_topology.h"

#include <hwloc.h>

#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <optional>

#include "base/status.h"

namespace crm::hardware {
namespace {

/// Sets one environment variable for a scope.
class ScopedEnvironment {
 public:
  ScopedEnvironment(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name); old != nullptr) old_ = old;
    setenv(name, value.c_str(), 1);
  }
  ~ScopedEnvironment() {
    if (old_) {
      setenv(name_, old_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  ScopedEnvironment(const ScopedEnvironment&) = delete;
  ScopedEnvironment& operator=(const ScopedEnvironment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

std::mutex& EnvironmentMutex() {
  static std::mutex mutex;
  return mutex;
}

absl::StatusOr<HwlocTopology> Create() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return ErrnoError(errno, "hwloc_topology_init");
  HwlocTopology topology(raw);
  hwloc_topology_set_components(raw, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
  if (hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) != 0) {
    return ErrnoError(errno, "hwloc_topology_set_flags");
  }
  return topology;
}

}  // namespace

void HwlocDeleter::operator()(hwloc_topology* topology) const { hwloc_topology_destroy(topology); }

absl::StatusOr<HwlocTopology> LoadSystemTopology(const std::string& root) {
  std::lock_guard<std::mutex> lock(EnvironmentMutex());
  ScopedEnvironment no_plugins("HWLOC_PLUGINS_PATH", "/dev/null");
  std::optional<ScopedEnvironment> fsroot;
  if (!root.empty()) fsroot.emplace("HWLOC_FSROOT", root);
  CRM_ASSIGN_OR_RETURN(HwlocTopology topology, Create());
  if (hwloc_topology_load(topology.get()) != 0) return ErrnoError(errno, "hwloc_topology_load");
  return topology;
}

absl::StatusOr<HwlocTopology> LoadSyntheticTopology(const std::string& description) {
  std::lock_guard<std::mutex> lock(EnvironmentMutex());
  ScopedEnvironment no_plugins("HWLOC_PLUGINS_PATH", "/dev/null");
  CRM_ASSIGN_OR_RETURN(HwlocTopology topology, Create());
  if (hwloc_topology_set_synthetic(topology.get(), description.c_str()) != 0 ||
      hwloc_topology_load(topology.get()) != 0) {
    return InvalidArgument(
        "machine \"{}\" is no hwloc synthetic description, such as \"package:2 numa:2(memory=2GB) core:2 "
        "pu:2\"",
        description);
  }
  return topology;
}

}  // namespace crm::hardware
