#include <limits>

#include "config/schema.h"

namespace crm::config {

// Policies that are not built yet: spec 32 sections 11.1, 13.1, 14.1, 15.1.
void AddPoolPolicyRows(std::vector<SchemaRow>& rows) {
  std::string module;
  const auto key = [&](const std::string& name, ValueType type, const std::string& text,
                       const std::string& help) {
    rows.push_back({module + name, std::move(type), text, help, nullptr});
  };
  constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
  constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

  module = "policy.podpools.";
  key("PinCPU", Bool(), "true", "set the CPUs and CPU shares of containers");
  key("PinMemory", Bool(), "true", "set the memory nodes of containers");
  key("Pools[].Name", Text(), "\"\"", "name of the pool definition");
  key("Pools[].CPU", NumberOrText(), "1", "CPUs of one pool");
  key("Pools[].MaxPods", Integer(kLowest, kHighest), "0", "most pods in one pool, 0 for no limit");
  key("Pools[].Instances", NumberOrText(), "\"\"",
      "number of pools, or CPUs or a percentage of CPUs for all of them");
  key("Pools[].FillOrder", OneOf("Balanced|Packed|FirstFree"), "Balanced",
      "how pods are spread over the pools");

  module = "policy.static.";
  key("RelaxedIsolation", Bool(), "false", "use isolated CPUs also where none was asked for");
  key("Rdt", OneOf("true|false|auto"), "auto", "kept for compatibility, without effect in any version");

  module = "policy.static-pools.";
  key("pools.*.exclusive", Bool(), "false", "whether each CPU list of the pool serves one container only");
  key("pools.*.cpuLists[].Socket", Integer(0, kHighest), "0", "processor socket of the CPU list");
  key("pools.*.cpuLists[].Cpuset", Text(), "\"\"", "the CPU list");
  key("ConfDirPath", Text(), "/etc/cmk", "directory of a CMK configuration");
  key("ConfFilePath", Text(), "\"\"", "YAML file with pools");
  key("LabelNode", Bool(), "false", "maintain the CMK node label");
  key("TaintNode", Bool(), "false", "maintain the CMK node taint");

  module = "policy.dynamic-pools.";
  key("PinCPU", Bool(), "true", "set the CPUs and CPU shares of containers");
  key("PinMemory", Bool(), "true", "set the memory nodes of containers");
  key("ReservedPoolNamespaces", GlobList(), "[kube-system]", "namespaces of the reserved pool");
  key("DynamicPoolTypes[].Name", Text(), "\"\"", "name of the pool");
  key("DynamicPoolTypes[].Namespaces", GlobList(), "[]", "namespaces whose containers go to this pool");
  key("DynamicPoolTypes[].CpuClass", Text(), "\"\"", "CPU class of the pool's CPUs");
  key("DynamicPoolTypes[].AllocatorPriority", OneOf("0|1|2|3|high|normal|low|none", true), "high",
      "which CPUs it prefers");
}

}  // namespace crm::config
