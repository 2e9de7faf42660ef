#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/fs.h"

namespace crm::install {

/// The configurations that come with the installation, not through the agent. Spec 61 section 6.
struct StaticConfigs {
  std::optional<std::string> fallback;       ///< fallback.cfg
  std::optional<std::string> force;          ///< force.cfg
  std::optional<std::string> extra_options;  ///< EXTRA_OPTIONS.cfg: EXTRA_OPTIONS="more words"
};

/// Reads the files of a folder (the mounted ConfigMap); a folder or file that is not there means none.
absl::StatusOr<StaticConfigs> ReadStaticConfigs(const FileSystem& files, const std::string& folder);

/// What the daemon makes of its command line, as far as the installation depends on it.
struct DaemonCommand {
  std::vector<std::string> arguments;  ///< argv as systemd starts it, the program first
  std::string relay_socket;
  std::string runtime_socket;
  std::string state_dir;
};

/// The text of /etc/default/cri-resource-manager: --force-config or --fallback-config, never both.
std::string DefaultsText(const StaticConfigs& configs);

/// Judges the configurations by the daemon's own parsers, and says what the daemon would be started with.
/// InvalidArgument names the file, the key or option, and what was expected. `warnings`: what the daemon will
/// warn of.
absl::StatusOr<DaemonCommand> CheckStaticConfigs(const StaticConfigs& configs,
                                                 std::vector<std::string>& warnings);

}  // namespace crm::install
