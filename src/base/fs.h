#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace crm {

/// The file-system seam: everything that reads or writes machine files goes through it, so that tests run on
/// a literal tree. Paths are absolute. Implementations are thread-safe. Errors name the path.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual absl::StatusOr<std::string> Read(const std::string& path) const = 0;
  /// Names of the entries of a directory, sorted.
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& path) const = 0;
  virtual bool Exists(const std::string& path) const = 0;
  /// Writes in place, as kernel files need it. The file must exist or is created with mode 0600.
  virtual absl::Status Write(const std::string& path, std::string_view content) = 0;
  /// Writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the directory: after a
  /// crash the file holds the old or the new content, whole.
  virtual absl::Status WriteAtomically(const std::string& path, std::string_view content, int mode) = 0;
  /// Creates the directory and its missing parents with `mode`.
  virtual absl::Status MakeDirectories(const std::string& path, int mode) = 0;
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  /// Removes one file; a missing one is no error.
  virtual absl::Status Remove(const std::string& path) = 0;
};

/// The real file system. Never destroyed.
FileSystem& RealFileSystem();

/// A tree in memory for tests: path -> content. Directories exist by the files below them.
class FakeFileSystem : public FileSystem {
 public:
  using Files = std::map<std::string, std::string>;

  explicit FakeFileSystem(Files files = {}) : files_(std::move(files)) {}

  absl::StatusOr<std::string> Read(const std::string& path) const override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& path) const override;
  bool Exists(const std::string& path) const override;
  absl::Status Write(const std::string& path, std::string_view content) override;
  absl::Status WriteAtomically(const std::string& path, std::string_view content, int mode) override;
  absl::Status MakeDirectories(const std::string& path, int mode) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;

  /// The next write calls fail with this until it is set back to OK (a full disk, say).
  void FailWritesForTest(absl::Status status) { write_error_ = std::move(status); }

 private:
  Files files_;
  absl::Status write_error_;
};

}  // namespace crm
