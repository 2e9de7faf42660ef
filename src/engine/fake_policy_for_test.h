#pragma once

#include <map>
#include <string>

#include "base/status.h"
#include "placement/policy.h"

namespace crm::engine {

/// A policy with visible rules for tests: n containers share CPUs 0..n-1, so that every arrival and departure
/// changes all others. A container named "big" is refused, and so is one that comes when `room` are there.
/// Reserved CPU 900 makes the plan impossible.
class FakePolicyForTest : public placement::Policy {
 public:
  static constexpr size_t kEndless = 1000;
  static inline size_t room = kEndless;

  static absl::StatusOr<std::unique_ptr<placement::Policy>> Make(const hardware::Machine&,
                                                                 const config::Plan& plan,
                                                                 const placement::CgroupReader&) {
    const auto* reserved = std::get_if<CpuSet>(&plan.reserved);
    if (reserved != nullptr && reserved->Contains(900))
      return InvalidArgument("policy.ReservedResources.CPU: no 900");
    return std::make_unique<FakePolicyForTest>();
  }

  std::string_view name() const override { return "topology-aware"; }

  absl::StatusOr<std::vector<placement::Change>> Allocate(const placement::Request& request) override {
    if (request.container.name == "big") return ResourceExhausted("too big");
    const std::string& id = request.container.cache_id;
    if (!granted_.contains(id) && granted_.size() >= room) return ResourceExhausted("full");
    granted_[id] = {};
    std::vector<placement::Change> changes = {*Lookup(id)};
    for (const auto& [other, unused] : granted_) {
      if (other != id) changes.push_back(*Lookup(other));
    }
    return changes;
  }

  std::vector<placement::Change> Release(const std::string& id) override {
    if (granted_.erase(id) == 0) return {};
    return All();
  }

  std::optional<placement::Change> Lookup(const std::string& id) const override {
    if (!granted_.contains(id)) return std::nullopt;
    const int last = static_cast<int>(granted_.size()) - 1;
    return placement::Change{
        id, {CpuSet::Range(0, last), CpuSet{0}, std::nullopt}, {"all", "shared", "by count"}};
  }

  std::string Save() const override {
    std::string text;
    for (const auto& [id, unused] : granted_) text += id + "\n";
    return text;
  }

  absl::StatusOr<std::vector<placement::Change>> Restore(
      std::string_view saved, const std::vector<placement::Request>& alive) override {
    restored_from_ = saved;
    for (const placement::Request& request : alive) {
      if (granted_.size() < room) granted_[request.container.cache_id] = {};
    }
    return All();
  }

  std::string Describe() const override { return "{}"; }

 private:
  std::vector<placement::Change> All() const {
    std::vector<placement::Change> changes;
    for (const auto& [id, unused] : granted_) changes.push_back(*Lookup(id));
    return changes;
  }

  std::map<std::string, bool> granted_;
  std::string restored_from_;
};

}  // namespace crm::engine
