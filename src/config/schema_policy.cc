#include <limits>

#include "config/schema.h"

namespace crm::config {
namespace {

constexpr int64_t kAny = std::numeric_limits<int64_t>::max();

using Options = TopologyAwareOptions;

// The keys of policy.topology-aware, which its alias memtier has too. Spec 30 section 1.2.
void AddTopologyAware(std::vector<SchemaRow>& rows, const std::string& module,
                      const std::function<Options&(Draft&)>& options) {
  const auto flag = [&](const std::string& name, bool Options::*member, const std::string& help) {
    rows.push_back({module + "." + name, Bool(), Options().*member ? "true" : "false", help,
                    [options, member](Draft& draft, const Names&, const Value& value) {
                      options(draft).*member = std::get<bool>(value);
                    }});
  };
  flag("PinCPU", &Options::pin_cpu, "set the CPUs and CPU shares of containers");
  flag("PinMemory", &Options::pin_memory, "set the memory nodes of containers");
  flag("PreferIsolatedCPUs", &Options::prefer_isolated_cpus,
       "give kernel-isolated CPUs to containers that ask for one exclusive CPU");
  flag("PreferSharedCPUs", &Options::prefer_shared_cpus,
       "give shared instead of exclusive CPUs to Guaranteed containers of more than one CPU");
  rows.push_back({module + ".ReservedPoolNamespaces", GlobList(), "[kube-system]",
                  "namespaces whose containers run on the reserved CPUs; kube-system always does",
                  [options](Draft& draft, const Names&, const Value& value) {
                    options(draft).reserved_pool_namespaces = std::get<std::vector<std::string>>(value);
                  }});
  flag("ColocatePods", &Options::colocate_pods, "place containers of one pod close to each other");
  flag("ColocateNamespaces", &Options::colocate_namespaces,
       "place containers of one namespace close to each other");
}

void AddBalloons(std::vector<SchemaRow>& rows) {
  const std::string module = "policy.balloons.";
  const auto key = [&](const std::string& name, ValueType type, const std::string& text,
                       const std::string& help) {
    rows.push_back({module + name, std::move(type), text, help, nullptr});
  };
  key("PinCPU", Bool(), "true", "set the CPUs and CPU shares of containers");
  key("PinMemory", Bool(), "true", "set the memory nodes of containers");
  key("IdleCPUClass", Text(), "\"\"", "CPU class of CPUs outside of every balloon");
  key("ReservedPoolNamespaces", GlobList(), "[kube-system]", "namespaces of the reserved balloon");
  key("AllocatorTopologyBalancing", Bool(), "false",
      "spread balloons over the machine instead of packing them");
  key("PreferSpreadOnPhysicalCores", Bool(), "false", "prefer one hardware thread a core");
  key("BuiltinBalloons", OneOf("fixed|dynamic"), "fixed",
      "whether the reserved and default balloons may be resized");
  key("ShowContainersInNrt", Bool(), "false", "show containers in the node resource topology");
  key("TurboDomain", OneOf("|package|system"), "package", "CPUs that share a turbo budget");
  key("ControllableInterrupts", GlobList(), "[\"*\"]", "interrupts whose CPUs the policy may set");
  key("AvailableResources.CPU", Cpus(), "null", "CPUs that the policy may use");
  key("ReservedResources.CPU", Cpus(), "null", "CPUs for system containers");

  const std::string type = "BalloonTypes[].";
  key(type + "Name", Text(), "\"\"", "name of the balloon type");
  key(type + "Namespaces", GlobList(), "[]", "namespaces whose containers go to this type");
  key(type + "MinCPUs", Integer(0, CpuSet::kMaxId), "0", "fewest CPUs of a balloon");
  key(type + "MaxCPUs", Integer(-1, CpuSet::kMaxId), "0", "most CPUs of a balloon, 0 for no limit");
  key(type + "MinBalloons", Integer(0, CpuSet::kMaxId), "0", "fewest balloons of this type");
  key(type + "MaxBalloons", Integer(0, CpuSet::kMaxId), "0", "most balloons of this type, 0 for no limit");
  key(type + "AllocatorPriority", OneOf("0|1|2|3|high|normal|low|none", true), "high",
      "which CPUs it prefers");
  key(type + "CpuClass", Text(), "\"\"", "CPU class of the balloon's CPUs");
  key(type + "PreferSpreadingPods", Bool(), "false", "do not keep containers of a pod together");
  key(type + "PreferPerNamespaceBalloon", Bool(), "false", "keep namespaces in balloons of their own");
  key(type + "PreferNewBalloons", Bool(), "false", "make a new balloon before filling an old one");
  key(type + "ShareIdleCPUsInSame", OneOf("|system|package|die|numa|l2cache|core|thread", true), "\"\"",
      "how far away idle CPUs may be used, too");
  key(type + "PreferSpreadOnPhysicalCores", Bool(), "false", "prefer one hardware thread a core");
  key(type + "AllocatorTopologyBalancing", Bool(), "false", "spread balloons instead of packing them");
  key(type + "HideHyperthreads", Bool(), "false", "let containers see one hardware thread a core");
  key(type + "GroupBy", Text(), "\"\"", "template of the key by which containers share a balloon");
  key(type + "Components[].BalloonType", Text(), "\"\"", "a balloon type that this one is composed of");
  key(type + "ComponentCreation", OneOf("|all|balance-balloons"), "\"\"", "how components are made");
  key(type + "MemoryTypes[]", OneOf("DRAM|HBM|PMEM", true), "DRAM",
      "memory types to use, all when none is given");
  key(type + "PinMemory", Bool(), "true", "set the memory nodes of containers");
  key(type + "Loads", TextList(), "[]", "load classes of the type's containers");
  key(type + "PreferCloseToDevices", TextList(), "[]", "devices whose CPUs are preferred");
  key(type + "PreferIsolCpus", Bool(), "false", "prefer kernel-isolated CPUs");
  key(type + "PreferCoreType", OneOf("|efficient|performance"), "\"\"", "preferred type of core");
  key(type + "SchedulingClass", Text(), "\"\"", "scheduling class of the containers' processes");
  key(type + "ShowContainersInNrt", Bool(), "false", "show containers in the node resource topology");
  key(type + "IrqClaim", TextList(), "[]", "interrupts that the balloon's CPUs serve");
  key(type + "IrqMode", OneOf("|sink|isolate"), "\"\"",
      "whether other interrupts may use the balloon's CPUs");
  for (const std::string& list :
       {type + "MatchExpressions[].", std::string("Preserve.MatchExpressions[].")}) {
    key(list + "Key", Text(), "\"\"", "attribute of a container or its pod");
    key(list + "Operator",
        OneOf(
            "Equals|NotEqual|In|NotIn|Matches|MatchesNot|MatchesAny|MatchesNone|Exists|NotExist|AlwaysTrue"),
        "AlwaysTrue", "how the attribute is compared");
    key(list + "Values", TextList(), "[]", "what the attribute is compared with");
  }

  key("LoadClasses[].Name", Text(), "\"\"", "name of the load class");
  key("LoadClasses[].Level", OneOf("core|l2cache"), "core", "the part of the machine that the load burdens");
  key("LoadClasses[].OverloadsLevelInBalloon", Bool(), "false",
      "whether the load may fill a level of its balloon");
  const std::string scheduling = "SchedulingClasses[].";
  key(scheduling + "Name", Text(), "\"\"", "name of the scheduling class");
  key(scheduling + "Policy", OneOf("none|other|fifo|rr|batch|iso|idle|deadline"), "none",
      "scheduling policy");
  key(scheduling + "Priority", Integer(0, 99), "0", "real-time priority");
  key(scheduling + "Flags", TextList(), "[]", "scheduling flags");
  key(scheduling + "Nice", Integer(-20, 19), "0", "nice value");
  key(scheduling + "Runtime", Integer(0, kAny), "0", "deadline scheduling: run time");
  key(scheduling + "Deadline", Integer(0, kAny), "0", "deadline scheduling: deadline");
  key(scheduling + "Period", Integer(0, kAny), "0", "deadline scheduling: period");
  key(scheduling + "IoClass", OneOf("none|rt|be|idle"), "none", "I/O scheduling class");
  key(scheduling + "IoPriority", Integer(0, 7), "0", "I/O priority");
  const std::string cpu_class = "CpuClasses[].";
  key(cpu_class + "Name", Text(), "\"\"", "name of the CPU class");
  for (const std::string name :
       {"MinFreq", "MaxFreq", "UncoreMinFreq", "UncoreMaxFreq", "PctMinFreq", "PctMaxFreq"}) {
    key(cpu_class + name, NumberOrText(), "0", "frequency in kHz, or with unit, or min, base, turbo");
  }
  key(cpu_class + "EnergyPerformancePreference", NumberOrText(), "0", "energy performance preference");
  key(cpu_class + "FreqGovernor", Text(), "\"\"", "cpufreq governor");
  key(cpu_class + "DisabledCstates", TextList(), "[]", "idle states that are switched off");
  key(cpu_class + "TurboPriority", Integer(0, kAny), "0", "who gets turbo when classes compete");
  key(cpu_class + "PctPriority", OneOf("high|low"), "low", "priority core turbo");
  key(cpu_class + "SstClosID", Integer(0, kAny), "0", "class of service of Speed Select");
  key(cpu_class + "PublishExtendedResource", Bool(), "false", "offer the class's CPUs as a node resource");
}

}  // namespace

void AddPolicyRows(std::vector<SchemaRow>& rows) {
  rows.push_back({"policy.Active", Text(), "none", "the policy that places containers",
                  [](Draft& draft, const Names&, const Value& value) {
                    draft.plan.policy = std::get<std::string>(value);
                  }});
  rows.push_back({"policy.AvailableResources.CPU", Cpus(), "null",
                  "CPUs that the policy may use, all when not given",
                  [](Draft& draft, const Names&, const Value& value) {
                    draft.plan.available = std::get<CpuConstraint>(value);
                  }});
  rows.push_back({"policy.ReservedResources.CPU", Cpus(), "null", "CPUs for system containers",
                  [](Draft& draft, const Names&, const Value& value) {
                    draft.plan.reserved = std::get<CpuConstraint>(value);
                  }});
  AddTopologyAware(rows, "policy.topology-aware",
                   [](Draft& draft) -> Options& { return draft.plan.topology_aware; });
  AddTopologyAware(rows, "policy.memtier", [](Draft& draft) -> Options& { return draft.memtier; });
  AddBalloons(rows);
}

}  // namespace crm::config
