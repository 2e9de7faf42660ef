// The test node itself: built into the test program only.
#include "policies/topology_aware/testing_node.h"
#include "gtest/gtest.h"
#include "policies/topology_aware/topology_aware.h"

namespace crm::policies::topology_aware {

using placement::Assignment;
using placement::Change;

Ask G(int64_t milli) { return {model::QosClass::kGuaranteed, milli}; }
Ask B(int64_t milli) { return {model::QosClass::kBurstable, milli}; }
Ask E() { return {model::QosClass::kBestEffort, 0, 0}; }

config::Plan TestNode::DefaultPlan() {
  config::Plan plan;
  plan.policy = "topology-aware";
  plan.reserved = config::CpuQuantity{750};
  return plan;
}

absl::StatusOr<std::unique_ptr<placement::Policy>> TestNode::Create(const hardware::Machine& machine,
                                                                    const config::Plan& plan) {
  placement::PolicyRegistry registry;
  Register(registry);
  return registry.Create(machine, plan, nullptr);
}

TestNode::TestNode(const std::string& synthetic, config::Plan plan)
    : TestNode(*hardware::Synthetic(synthetic), std::move(plan)) {}

TestNode::TestNode(hardware::Machine machine, config::Plan plan)
    : machine_(std::move(machine)), plan_(std::move(plan)), policy_(*Create(machine_, plan_)) {}

void TestNode::Take(const std::vector<Change>& changes, const std::string& own) {
  changed_others_ = 0;
  for (const Change& change : changes) {
    if (change.cache_id != own) {
      ++changed_others_;
      EXPECT_FALSE(told_[change.cache_id] == change.assignment) << change.cache_id << " was told nothing new";
    }
    EXPECT_FALSE(change.reason.text.empty());
    told_[change.cache_id] = change.assignment;
  }
  CheckTold();
}

void TestNode::CheckTold() const {
  for (const auto& [name, owned] : owned_) {
    const auto now = policy_->Lookup(name);
    const auto told = told_.find(name);
    ASSERT_EQ(now.has_value(), told != told_.end()) << name;
    if (!now) continue;
    EXPECT_TRUE(now->assignment == told->second) << name << " has a stale assignment";
  }
}

absl::Status TestNode::Add(const std::string& name, const Ask& ask) {
  auto owned = std::make_unique<Owned>();
  owned->pod.id = "sandbox-" + name;
  owned->pod.name = name;
  owned->pod.ns = ask.ns;
  owned->pod.qos = ask.qos;
  owned->pod.annotations = ask.annotations;
  owned->container.cache_id = name;
  owned->container.name = "c";
  owned->container.ns = ask.ns;
  model::Requirements& asked = owned->container.requirements;
  if (ask.milli > 0) asked.cpu_request_milli = ask.milli;
  if (ask.memory > 0) asked.memory_limit_bytes = ask.memory;
  if (ask.qos == model::QosClass::kGuaranteed) {
    asked.cpu_limit_milli = asked.cpu_request_milli;
    asked.memory_request_bytes = asked.memory_limit_bytes;
  }
  const std::string before = policy_->Describe();
  const auto changes = policy_->Allocate({owned->pod, owned->container});
  if (!changes.ok()) {
    EXPECT_EQ(policy_->Describe(), before) << "a refusal changed the state";
    return changes.status();
  }
  EXPECT_EQ(changes->front().cache_id, name);
  owned_[name] = std::move(owned);
  Take(*changes, name);
  return absl::OkStatus();
}

void TestNode::Delete(const std::string& name) {
  const auto changes = policy_->Release(name);
  owned_.erase(name);
  told_.erase(name);
  Take(changes, name);
}

std::vector<placement::Request> TestNode::alive() const {
  std::vector<placement::Request> requests;
  for (const auto& [name, owned] : owned_) requests.push_back({owned->pod, owned->container});
  return requests;
}

absl::Status TestNode::Restart(const config::Plan& plan) {
  auto fresh = Create(machine_, plan);
  if (!fresh.ok()) return fresh.status();
  auto changes = (*fresh)->Restore(policy_->Save(), alive());
  if (!changes.ok()) return changes.status();
  policy_ = *std::move(fresh);
  plan_ = plan;
  told_.clear();
  for (const Change& change : *changes) told_[change.cache_id] = change.assignment;
  CheckTold();
  return absl::OkStatus();
}

std::string TestNode::cpus(const std::string& name) const {
  const auto told = told_.find(name);
  return told == told_.end() || !told->second.cpus ? "-" : told->second.cpus->ToString();
}

std::string TestNode::mems(const std::string& name) const {
  const auto told = told_.find(name);
  return told == told_.end() || !told->second.memory_nodes ? "-" : told->second.memory_nodes->ToListString();
}

int64_t TestNode::shares(const std::string& name) const {
  const auto told = told_.find(name);
  return told == told_.end() ? 0 : told->second.cpu_shares.value_or(0);
}

placement::Reason TestNode::reason(const std::string& name) const {
  const auto found = policy_->Lookup(name);
  return found ? found->reason : placement::Reason();
}

std::string TestNode::pool(const std::string& name) const { return reason(name).pool; }

std::vector<std::string> TestNode::names() const {
  std::vector<std::string> names;
  for (const auto& [name, owned] : owned_) names.push_back(name);
  return names;
}

}  // namespace crm::policies::topology_aware
