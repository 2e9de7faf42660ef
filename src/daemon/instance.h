#pragma once

#include <string>

#include "absl/status/status.h"

namespace crm::daemon {

/// What makes this process the only daemon on its state directory: a locked file there, and the PID file.
/// Both end with the object (or the process).
class Instance {
 public:
  Instance() = default;
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// Creates the directory (mode 0710) if missing. kAlreadyExists naming the other process when one holds it.
  absl::Status Claim(const std::string& directory);
  /// Replaces a file that an ended process left behind. "" writes none. Spec 10 section 15.1.
  absl::Status WritePidFile(const std::string& path);

 private:
  int lock_ = -1;
  std::string pid_file_;
};

/// The present time as it appears in names of files, "20240501T101500Z".
std::string TimeStamp();

}  // namespace crm::daemon
