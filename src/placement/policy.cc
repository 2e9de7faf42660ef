#include "placement/policy.h"

#include <cstdio>
#include <cstdlib>

#include "base/status.h"

namespace crm::placement {

void PolicyRegistry::Register(std::string name, std::string description, PolicyFactory factory) {
  const auto [entry, added] =
      entries_.emplace(std::move(name), Entry{std::move(description), std::move(factory)});
  if (added) return;
  std::fprintf(stderr, "policy \"%s\" is registered twice\n", entry->first.c_str());
  std::abort();
}

absl::StatusOr<std::unique_ptr<Policy>> PolicyRegistry::Create(const hardware::Machine& machine,
                                                               const config::Plan& plan,
                                                               const CgroupReader& read_cgroup) const {
  const auto entry = entries_.find(plan.policy);
  if (entry == entries_.end()) {
    std::string known;
    for (const auto& [name, unused] : entries_) known += (known.empty() ? "" : ", ") + name;
    return InvalidArgument("policy.Active: unknown policy \"{}\", expected one of: {}", plan.policy, known);
  }
  return entry->second.factory(machine, plan, read_cgroup);
}

std::map<std::string, std::string> PolicyRegistry::Descriptions() const {
  std::map<std::string, std::string> descriptions;
  for (const auto& [name, entry] : entries_) descriptions[name] = entry.description;
  return descriptions;
}

}  // namespace crm::placement
