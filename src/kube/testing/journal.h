#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace crm::kube::testing {

/// An append-only file of records, each one line "CRC32 TEXT\n" (eight hex digits). A record is on disk
/// (fdatasync) when Append returns, so a killed process loses nothing it answered for. Not thread-safe.
class Journal {
 public:
  /// Opens or creates DIRECTORY/journal and gives its records, in order, to `replay`. A torn last line, the
  /// trace of a write that nobody was told about, is cut off; any other damage is kDataLoss naming the line.
  /// `replay`'s error ends the opening. The directory is locked against a second process for the journal's
  /// lifetime.
  static absl::StatusOr<std::unique_ptr<Journal>> Open(
      const std::string& directory, const std::function<absl::Status(std::string_view record)>& replay);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// After an error nothing more is accepted: what the file holds is known again only after a restart.
  absl::Status Append(std::string_view record);
  /// Replaces all records, atomically.
  absl::Status Rewrite(const std::vector<std::string>& records);
  size_t records() const { return records_; }

 private:
  explicit Journal(std::string directory) : directory_(std::move(directory)) {}
  absl::Status ReadAll(const std::function<absl::Status(std::string_view record)>& replay);

  std::string directory_;
  std::string path_;
  int lock_ = -1;
  int file_ = -1;
  size_t records_ = 0;
  absl::Status broken_;
};

}  // namespace crm::kube::testing
