#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "placement/policy.h"

namespace crm::policies::topology_aware {

inline constexpr char kN4C16[] = "package:2 die:1 numa:2(memory=2GB) core:2 pu:2";

inline CpuSet Cpus(const std::string& text) { return *CpuSet::Parse(text); }

/// What a test container asks for. CPU in milli, memory in bytes.
struct Ask {
  model::QosClass qos = model::QosClass::kGuaranteed;
  int64_t milli = 0;
  int64_t memory = 100'000'000;
  std::string ns = "default";
  std::map<std::string, std::string> annotations = {};  ///< full keys
};

Ask G(int64_t milli);
Ask B(int64_t milli);
Ask E();

/// A node with the policy and its containers, which applies changes like the engine does: what a test reads
/// is what the engine was told, and that must be what Lookup says.
class TestNode {
 public:
  /// Reserved "750m" unless the plan says otherwise. Creation must succeed.
  explicit TestNode(const std::string& synthetic, config::Plan plan = DefaultPlan());
  explicit TestNode(hardware::Machine machine, config::Plan plan = DefaultPlan());

  static config::Plan DefaultPlan();
  static absl::StatusOr<std::unique_ptr<placement::Policy>> Create(const hardware::Machine& machine,
                                                                   const config::Plan& plan);

  /// Creates container `name` (in the pod of the same name).
  absl::Status Add(const std::string& name, const Ask& ask);
  void Delete(const std::string& name);
  /// A new policy object with this plan gets the saved grants of the old one; on failure the old one stays.
  absl::Status Restart(const config::Plan& plan);
  absl::Status Restart() { return Restart(plan_); }

  /// What the engine was told: the CPU set as text, "-" when there is no such container or it is unset.
  std::string cpus(const std::string& name) const;
  std::string mems(const std::string& name) const;
  int64_t shares(const std::string& name) const;
  std::string pool(const std::string& name) const;
  placement::Reason reason(const std::string& name) const;

  std::string Save() const { return policy_->Save(); }
  std::string Describe() const { return policy_->Describe(); }
  placement::Policy& policy() { return *policy_; }
  std::vector<std::string> names() const;
  /// How many changes of others the last event brought.
  size_t changed_others() const { return changed_others_; }
  std::vector<placement::Request> alive() const;

 private:
  struct Owned {
    model::Pod pod;
    model::Container container;
  };
  void Take(const std::vector<placement::Change>& changes, const std::string& own);
  void CheckTold() const;

  hardware::Machine machine_;
  config::Plan plan_;
  std::unique_ptr<placement::Policy> policy_;
  std::map<std::string, std::unique_ptr<Owned>> owned_;
  std::map<std::string, placement::Assignment> told_;
  size_t changed_others_ = 0;
};

}  // namespace crm::policies::topology_aware
