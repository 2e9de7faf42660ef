#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace crm::install {

enum class FileKind { kAbsent, kFile, kDirectory, kSymlink, kOther };

struct FileInfo {
  FileKind kind = FileKind::kAbsent;
  int mode = 0;  ///< permission bits
  absl::Time modified;
};

/// The files of the node, named by the paths that the node itself uses ("/etc/..."), wherever its root is
/// mounted. Symbolic links are resolved as the node resolves them and never lead out of its root.
/// Thread-safe. Errors name the path.
class HostFiles {
 public:
  virtual ~HostFiles() = default;

  /// Does not follow a link at the end of the path; an absent file is no error.
  virtual absl::StatusOr<FileInfo> Look(const std::string& path) const = 0;
  virtual absl::StatusOr<std::string> Read(const std::string& path) const = 0;
  /// Names in a directory, sorted; NotFound when there is none.
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& path) const = 0;
  virtual absl::StatusOr<std::string> ReadLink(const std::string& path) const = 0;
  /// Whether the directory is on a file system that is mounted read-only.
  virtual absl::StatusOr<bool> ReadOnly(const std::string& directory) const = 0;

  /// Puts a file with this content and mode in place of an old one, or none: after a crash there is the old
  /// or the new one, whole. FailedPrecondition when something else than a regular file is there.
  virtual absl::Status Write(const std::string& path, std::string_view content, int mode) = 0;
  /// What a Write that was killed may have left beside the path is removed.
  virtual absl::Status Tidy(const std::string& path) = 0;
  /// One level; an existing directory is fine and keeps its mode.
  virtual absl::Status MakeDirectory(const std::string& path, int mode) = 0;
  /// A file, link or socket; an absent one is fine.
  virtual absl::Status Remove(const std::string& path) = 0;
  /// FailedPrecondition when it is not empty; an absent one is fine.
  virtual absl::Status RemoveDirectory(const std::string& path) = 0;
};

/// The files below `root` ("/" or where the node's root is mounted), by openat2(2) with RESOLVE_IN_ROOT
/// (Linux 5.6).
absl::StatusOr<std::unique_ptr<HostFiles>> OpenHostFiles(const std::string& root);

/// "/a/b" of "/a/b/c"; "/" of "/a".
std::string ParentOf(const std::string& path);
/// Where Write prepares a file.
std::string TemporaryOf(const std::string& path);

}  // namespace crm::install
