#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "install/endpoint.h"
#include "install/payload.h"
#include "install/static_configs.h"

namespace crm::install {

struct DesiredFile {
  std::string path;
  int mode = 0644;
  std::string sha256;
  std::string content;  ///< of a text file of ours; a file of the payload is read when it is written
  bool from_payload = false;
};

/// What a node is to look like: a value, computed from the payload and the configurations before anything of
/// the node is touched.
struct Desired {
  std::string version;
  std::vector<DesiredFile> files;   ///< in the order in which they are written
  std::vector<std::string> absent;  ///< files of ours that must not be there (configurations taken away)
  DaemonCommand daemon;
  std::string strategy = "auto";
  Endpoint endpoint;
  std::vector<std::string> warnings;
  /// Changes when the version or a configuration changes: what makes another attempt after a failsafe
  /// sensible.
  std::string fingerprint;

  const DesiredFile* Find(const std::string& path) const;
};

struct DesiredInput {
  Payload payload;
  StaticConfigs configs;
  /// Whether the configurations of the node's own /etc/cri-resmgr are in force as they are (an installation
  /// by hand): then none of them is written or removed.
  bool configs_are_the_nodes = false;
  std::string strategy = "auto";
  bool override_foreign = false;
};

/// Pure. Errors are those of CheckStaticConfigs.
absl::StatusOr<Desired> ComputeDesired(const DesiredInput& input);

}  // namespace crm::install
