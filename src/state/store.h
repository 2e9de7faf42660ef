#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/fs.h"
#include "state/paths.h"
#include "state/state.h"

namespace crm::state {

/// Reads and writes the state file: JSON with the member names of the Go original's cache file (spec 10
/// section 5.1), which we can read, plus members of our own; mode 0600, checksummed, replaced atomically. Not
/// thread-safe.
class Store {
 public:
  Store(FileSystem& fs, Paths paths) : fs_(fs), paths_(std::move(paths)) {}

  struct Loaded {
    State state;
    /// Why the file was not used and where it was set aside; "" when all is well.
    std::string notice;
  };
  /// A missing or empty file is the empty state. A corrupt file, or one of an unknown version, is moved aside
  /// and the empty state returned with a notice: the runtime is the source of truth. Errors only when the
  /// file can neither be read nor moved. `stamp` names the moved file.
  absl::StatusOr<Loaded> Load(const std::string& stamp);

  /// Durable when it returns OK.
  absl::Status Save(const State& state);

  const Paths& paths() const { return paths_; }

  /// The text form, and back (kDataLoss naming what is wrong). Exposed for tools that only look at a file.
  static std::string Serialize(const State& state);
  static absl::StatusOr<State> Parse(const std::string& text);

 private:
  FileSystem& fs_;
  Paths paths_;
};

}  // namespace crm::state
