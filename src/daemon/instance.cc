#include "daemon/instance.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/fs.h"
#include "base/status.h"
#include "state/paths.h"

namespace crm::daemon {

Instance::~Instance() {
  if (!pid_file_.empty()) RealFileSystem().Remove(pid_file_).IgnoreError();
  if (lock_ >= 0) close(lock_);
}

absl::Status Instance::Claim(const std::string& directory) {
  FileSystem& fs = RealFileSystem();
  CRM_RETURN_IF_ERROR(fs.MakeDirectories(directory, 0710));
  const std::string path = state::Paths{directory}.LockFile();
  lock_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_ < 0) return ErrnoError(errno, "open " + path);
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK) return ErrnoError(error, "lock " + path);
    std::string owner = fs.Read(path).value_or("");
    while (!owner.empty() && owner.back() == '\n') owner.pop_back();
    return Error(absl::StatusCode::kAlreadyExists,
                 "another instance (process {}) uses state directory \"{}\"",
                 owner.empty() ? "unknown" : owner, directory);
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(lock_, 0) != 0 || pwrite(lock_, pid.data(), pid.size(), 0) < 0) {
    return ErrnoError(errno, "write " + path);
  }
  return absl::OkStatus();
}

absl::Status Instance::WritePidFile(const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  FileSystem& fs = RealFileSystem();
  CRM_RETURN_IF_ERROR(fs.MakeDirectories(path.substr(0, path.rfind('/')), 0755));
  CRM_RETURN_IF_ERROR(Annotate(fs.WriteAtomically(path, std::to_string(getpid()) + "\n", 0644), "PID file"));
  pid_file_ = path;
  return absl::OkStatus();
}

std::string TimeStamp() { return absl::FormatTime("%Y%m%dT%H%M%SZ", absl::Now(), absl::UTCTimeZone()); }

}  // namespace crm::daemon
