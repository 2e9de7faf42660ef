#pragma once

#include <map>
#include <optional>
#include <string>

#include "model/container.h"
#include "placement/policy.h"

namespace crm::state {

/// Which values of a container may have been set by us: those have to be set back when they are no longer
/// decided; the others are the client's.
struct OurFields {
  bool cpus = false;
  bool memory_nodes = false;
  bool cpu_shares = false;
};

/// A container with what it was given.
struct ContainerRecord {
  model::Container container;
  placement::Assignment assignment;
  placement::Reason reason;
  OurFields ours;
  /// Its creation was sent to the runtime and the answer was lost: it may exist. Settled by a list.
  bool uncertain = false;
};

/// A configuration that the agent delivered, as it came.
struct AgentConfig {
  std::string node_name;
  std::map<std::string, std::string> data;
};

/// What the daemon knows and must not forget. A plain value.
struct State {
  std::map<std::string, model::Pod> pods;             ///< by sandbox id
  std::map<std::string, ContainerRecord> containers;  ///< by cache id
  std::optional<AgentConfig> config;                  ///< the last one that took effect
  std::string policy;                                 ///< name of the active policy
  std::string grants;                                 ///< Policy::Save of that policy
};

}  // namespace crm::state
