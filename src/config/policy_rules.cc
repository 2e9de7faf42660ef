#include "config/policy_rules.h"

#include <algorithm>
#include <map>
#include <string>

#include "fmt/format.h"

namespace crm::config {
namespace {

constexpr std::string_view kTopologyAware = "topology-aware";
constexpr std::string_view kMemtier = "memtier";
constexpr std::string_view kNone = "none";

// The family's policies (spec 10 section 2.3), and whether this version has them.
struct KnownPolicy {
  std::string_view name;
  bool supported = false;
};
constexpr KnownPolicy kPolicies[] = {
    {"balloons"}, {"dynamic-pools"}, {kMemtier, true}, {kNone, true},          {"podpools"},
    {"static"},   {"static-plus"},   {"static-pools"}, {kTopologyAware, true},
};

constexpr std::string_view kActivePath = "policy.Active";
constexpr std::string_view kAvailablePath = "policy.AvailableResources.CPU";
constexpr std::string_view kReservedPath = "policy.ReservedResources.CPU";

std::string Names(bool supported_only) {
  std::string names;
  for (const KnownPolicy& policy : kPolicies) {
    if (policy.supported || !supported_only)
      names += fmt::format("{}{}", names.empty() ? "" : ", ", policy.name);
  }
  return names;
}

class Rules {
 public:
  Rules(Draft& draft, const Node& root, std::vector<Finding>& findings)
      : plan_(draft.plan), draft_(draft), policy_section_(root.Find("policy")), findings_(findings) {}

  void Apply() {
    ResolvePolicy();
    ResolveNamespaces(plan_.topology_aware);
    ResolveDebug();
    if (plan_.policy == kTopologyAware) {
      CheckAvailable();
      CheckReserved();
    }
  }

 private:
  void Error(std::string_view path, std::string message) {
    findings_.push_back({Severity::kError, std::string(path), std::move(message)});
  }
  void Warning(std::string_view path, std::string message) {
    findings_.push_back({Severity::kWarning, std::string(path), std::move(message)});
  }

  bool Refused(std::string_view prefix) const {
    return std::any_of(findings_.begin(), findings_.end(), [&](const Finding& finding) {
      return finding.severity == Severity::kError &&
             (finding.path.empty() || finding.path.starts_with(prefix));
    });
  }

  void ResolvePolicy() {
    const std::string active = plan_.policy;
    const auto* const known = std::find_if(std::begin(kPolicies), std::end(kPolicies),
                                           [&](const KnownPolicy& policy) { return policy.name == active; });
    if (known == std::end(kPolicies)) {
      Error(kActivePath, fmt::format("unknown policy {}, expected one of {}", Quoted(active), Names(false)));
      return;
    }
    if (!known->supported) {
      // Running another policy than the one asked for would change every placement without a word.
      Error(kActivePath, fmt::format("policy {} is not supported by this version, expected one of {}",
                                     Quoted(active), Names(true)));
      return;
    }
    WarnOfIdleSections(active);
    if (active == kMemtier) {
      plan_.policy = std::string(kTopologyAware);
      plan_.topology_aware = draft_.memtier;
    }
  }

  void WarnOfIdleSections(std::string_view active) {
    std::vector<std::string_view> idle;
    if (active != kTopologyAware) idle.push_back(kTopologyAware);
    if (active != kMemtier) idle.push_back(kMemtier);
    if (active == kNone) {
      idle.push_back("AvailableResources");
      idle.push_back("ReservedResources");
    }
    for (const std::string_view section : idle) {
      const Node* given = policy_section_ == nullptr ? nullptr : policy_section_->Find(section);
      if (given == nullptr || given->entries.empty()) continue;
      Warning(fmt::format("policy.{}", section),
              fmt::format("has no effect while policy.Active is {}", Quoted(active)));
    }
  }

  static void ResolveNamespaces(TopologyAwareOptions& options) {
    std::vector<std::string>& namespaces = options.reserved_pool_namespaces;
    if (std::find(namespaces.begin(), namespaces.end(), "kube-system") == namespaces.end()) {
      namespaces.push_back("kube-system");
    }
  }

  void ResolveDebug() {
    std::map<std::string, bool> states;
    for (const std::string& rule : plan_.logger.debug_rules) {
      const size_t colon = rule.find(':');
      states[rule.substr(colon + 1)] = rule.substr(0, colon) == "on";
    }
    const bool all = states.contains("*") && states.at("*");
    std::string on;
    for (const auto& [source, state] : states) {
      if (state) on += fmt::format("{}{}", on.empty() ? "" : ",", source);
    }
    plan_.logger.debug = all ? "*" : on;
  }

  void CheckAvailable() {
    if (std::holds_alternative<CpuQuantity>(plan_.available)) {
      Error(kAvailablePath,
            fmt::format("{}m CPUs given as a quantity, expected a CPU set such as \"cpuset:2-15\": "
                        "which CPUs would not be said",
                        std::get<CpuQuantity>(plan_.available).milli));
    }
  }

  void CheckReserved() {
    if (Refused("policy.ReservedResources")) return;
    constexpr std::string_view kExpected =
        "policy topology-aware cannot start without CPU reservation, expected CPUs for system containers "
        "such as "
        "750m or \"cpuset:0\"";
    if (std::holds_alternative<std::monostate>(plan_.reserved)) {
      Error(kReservedPath, fmt::format("missing: {}", kExpected));
    } else if (const auto* quantity = std::get_if<CpuQuantity>(&plan_.reserved)) {
      if (quantity->milli <= 0)
        Error(kReservedPath, fmt::format("invalid value {}m: {}", quantity->milli, kExpected));
    } else if (const auto* cpus = std::get_if<CpuSet>(&plan_.reserved)) {
      const auto* available = std::get_if<CpuSet>(&plan_.available);
      if (available != nullptr && !available->Contains(*cpus)) {
        Error(kReservedPath, fmt::format("CPUs {} are not in policy.AvailableResources.CPU ({})",
                                         (*cpus - *available).ToString(), available->ToString()));
      }
    }
  }

  Plan& plan_;
  Draft& draft_;
  const Node* policy_section_;
  std::vector<Finding>& findings_;
};

}  // namespace

void ResolvePlan(Draft& draft, const Node& root, std::vector<Finding>& findings) {
  Rules(draft, root, findings).Apply();
}

}  // namespace crm::config
