#pragma once

#include <string>

namespace crm::state {

/// Every path that the daemon uses below its state directory (--relay-dir). Spec 10 section 5.1.
struct Paths {
  std::string directory;

  std::string StateFile() const { return directory + "/cache"; }
  std::string LockFile() const { return directory + "/lock"; }
  /// Where a state file that cannot be used is set aside; `stamp` keeps several apart.
  std::string BadStateFile(const std::string& stamp) const { return directory + "/cache.bad-" + stamp; }
};

}  // namespace crm::state
