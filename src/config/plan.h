#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/cpuset.h"

namespace crm::config {

/// policy.AvailableResources / ReservedResources, domain CPU. Spec 30 section 1.3.
struct CpuQuantity {
  int64_t milli = 0;
};
struct CgroupCpus {
  std::string directory;  ///< absolute or relative to the cgroup mount; its cpuset.cpus is read when the plan
                          ///< is applied
};
using CpuConstraint = std::variant<std::monostate, CpuQuantity, CpuSet, CgroupCpus>;

/// policy.topology-aware. Spec 30 section 1.2.
struct TopologyAwareOptions {
  bool pin_cpu = true;
  bool pin_memory = true;
  bool prefer_isolated_cpus = true;
  bool prefer_shared_cpus = false;
  std::vector<std::string> reserved_pool_namespaces = {"kube-system"};  ///< globs; kube-system always counts
  bool colocate_pods = false;
  bool colocate_namespaces = false;
};

struct LoggerOptions {
  std::string debug;  ///< comma list of sources, or "*"
  /// What logger.Debug says, in its order: "on:SOURCE" or "off:SOURCE", SOURCE "*" for all. Spec 10
  /// section 10.3.
  std::vector<std::string> debug_rules;
};

struct InstrumentationOptions {
  std::string http_endpoint;
  bool prometheus_export = false;
};

/// A configuration that was compiled: typed, defaults filled in, independent of the machine. A plain value.
struct Plan {
  std::string policy = "none";  ///< policy.Active, aliases resolved ("memtier" is "topology-aware")
  CpuConstraint available;
  CpuConstraint reserved;
  TopologyAwareOptions topology_aware;
  LoggerOptions logger;
  InstrumentationOptions instrumentation;
};

}  // namespace crm::config
