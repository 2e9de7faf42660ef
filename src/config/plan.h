#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/cpuset.h"
#include "config/control_options.h"
#include "config/rdt_options.h"

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

/// Section logger. Spec 10 section 10.
struct LoggerOptions {
  std::string debug;  ///< comma list of sources that are on, or "*"; debug_rules say it precisely
  /// What logger.Debug says, in its order: "on:SOURCE" or "off:SOURCE", SOURCE "*" for all. Spec 10
  /// section 10.3.
  std::vector<std::string> debug_rules;
  bool log_source = false;
  std::map<std::string, std::string> klog;  ///< the klog options that are named, by name
};

/// Section dump. Spec 10 section 11.
struct DumpOptions {
  std::string rules = "off:.*,short:((Create)|(Start)|(Run)|(Update)|(Stop)|(Remove)).*,off:.*Image.*";
  std::string file;
  bool debug = false;
  bool disabled = false;
};

/// Section instrumentation. Spec 10 section 12.1.
struct InstrumentationOptions {
  std::string http_endpoint;
  bool prometheus_export = false;
  int64_t report_period_ns = 15'000'000'000;
  double sampling = 0;  ///< share of requests, 0..1
  std::string jaeger_collector;
  std::string jaeger_agent;
};

/// A configuration that was compiled: typed, defaults filled in, independent of the machine. A plain value.
struct Plan {
  std::string policy = "none";  ///< policy.Active, aliases resolved ("memtier" is "topology-aware")
  CpuConstraint available;
  CpuConstraint reserved;
  TopologyAwareOptions topology_aware;
  LoggerOptions logger;
  DumpOptions dump;
  InstrumentationOptions instrumentation;
  ControlOptions control;
  std::map<std::string, CpuClass> cpu_classes;
  /// In the order of the text.
  std::map<std::string, std::vector<BlockIoParameters>> blockio_classes;
  RdtOptions rdt;
};

}  // namespace crm::config
