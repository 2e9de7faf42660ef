#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace crm::install {

/// A file as it was before us.
struct SavedFile {
  std::string content;
  int mode = 0644;
};

/// What /etc/cri-resmgr/.installer-state.json remembers: each change is written there before it is made, so
/// that it alone is enough to make the node again what it was. A plain value. Spec 61 sections 4.5 and 5.5.
struct Journal {
  struct File {
    std::string sha256;                 ///< of what we put there
    std::optional<SavedFile> original;  ///< what was there, where it was not ours; nullopt: nothing
  };
  struct Wiring {
    std::string strategy;
    std::string path;
    std::optional<SavedFile> original;  ///< nullopt: the file did not exist
    std::string relay_socket;
    std::string runtime_socket;
  };

  std::string version;
  absl::Time time;
  std::string strategy;                  ///< as it was asked for
  std::map<std::string, File> files;     ///< by path
  std::vector<std::string> directories;  ///< that we made, parents first
  std::optional<Wiring> wiring;
  std::vector<absl::Time> kubelet_restarts;  ///< of the last hour: see RestartBudget
  std::string loaded_force;  ///< hash of the forced configuration that the daemon was told to read

  bool empty() const { return files.empty() && directories.empty() && !wiring; }
};

std::string SerializeJournal(const Journal& journal);
/// kDataLoss naming what is wrong.
absl::StatusOr<Journal> ParseJournal(const std::string& text);

}  // namespace crm::install
