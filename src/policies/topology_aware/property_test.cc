// Whatever happens on whatever machine: nobody's CPUs are taken away, and what is released is free again.
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "gtest/gtest.h"
#include "policies/topology_aware/testing_node.h"

namespace crm::policies::topology_aware {
namespace {

constexpr const char* kMachines[] = {
    "package:1 core:2 pu:1",
    "package:1 numa:2(memory=1GiB) core:3 pu:1",
    "package:2 numa:1(memory=8GiB) core:4 pu:1",
    kN4C16,
    "package:2 die:2 numa:2(memory=1GiB) core:2 pu:2",
    "package:4 numa:2(memory=4GiB) core:8 pu:2",
};

class Rng {
 public:
  explicit Rng(unsigned seed) : engine_(seed) {}
  int Below(int limit) { return static_cast<int>(engine_() % static_cast<unsigned>(limit)); }

 private:
  std::mt19937 engine_;
};

Ask RandomAsk(Rng* rng, int cpus) {
  const int64_t memory = rng->Below(4) == 0 ? int64_t{rng->Below(3000)} << 20 : rng->Below(200) << 20;
  Ask ask = E();
  switch (rng->Below(4)) {
    case 0:
      return ask;
    case 1:
      ask = B(rng->Below(500 * cpus));
      break;
    case 2:
      ask = G(1 + rng->Below(3000));
      break;
    default:
      ask = G(1000 * (1 + rng->Below(cpus)));
  }
  ask.memory = memory;
  if (rng->Below(8) == 0) ask.ns = "kube-system";
  const char* const values[] = {"true", "false", "what?"};
  for (const char* name : {"prefer-shared-cpus", "prefer-isolated-cpus", "prefer-reserved-cpus"}) {
    if (rng->Below(6) == 0) {
      ask.annotations[std::string(name) + ".cri-resource-manager.intel.com"] = values[rng->Below(3)];
    }
  }
  return ask;
}

void CheckInvariants(TestNode* node, const CpuSet& reserved) {
  const nlohmann::json saved = nlohmann::json::parse(node->Save());
  std::map<std::string, CpuSet> owned;
  CpuSet all_owned;
  for (const std::string& name : node->names()) {
    owned[name] = Cpus(saved.at(name).at("Exclusive"));
    EXPECT_FALSE(owned[name].Intersects(all_owned)) << name << " owns a CPU twice";
    all_owned |= owned[name];
  }
  for (const std::string& name : node->names()) {
    const auto change = node->policy().Lookup(name);
    ASSERT_TRUE(change.has_value()) << name;
    const placement::Assignment& got = change->assignment;
    ASSERT_TRUE(got.cpus && !got.cpus->empty()) << name << " has no CPUs: " << change->reason.text;
    ASSERT_TRUE(got.memory_nodes && !got.memory_nodes->empty()) << name;
    if (change->reason.kind == "reserved") {
      EXPECT_EQ(*got.cpus, reserved) << name;
      continue;
    }
    EXPECT_FALSE(got.cpus->Intersects(reserved)) << name;
    EXPECT_TRUE(got.cpus->Contains(owned[name])) << name;
    EXPECT_FALSE((*got.cpus - owned[name]).Intersects(all_owned)) << name << " runs on CPUs of others";
    if (change->reason.kind == "exclusive+shared") {
      EXPECT_GT(got.cpus->size(), owned[name].size()) << name;
    }
  }
}

void Play(const char* description, unsigned seed) {
  SCOPED_TRACE(std::string(description) + " seed " + std::to_string(seed));
  Rng rng(seed);
  hardware::Machine machine = *hardware::Synthetic(description);
  const int cpus = machine.online.size();
  if (cpus > 4 && rng.Below(3) == 0) machine.isolated = CpuSet::Range(cpus - 2, cpus - 1);
  config::Plan plan = TestNode::DefaultPlan();
  const CpuSet reserved = rng.Below(2) == 0 ? CpuSet{0} : CpuSet{1};
  plan.reserved = reserved;
  TestNode node(machine, plan);
  const std::string start = node.Describe();
  int next = 0;
  for (int event = 0; event < 40 && !testing::Test::HasFailure(); ++event) {
    const std::vector<std::string> names = node.names();
    if (!names.empty() && rng.Below(3) == 0) {
      node.Delete(names[static_cast<size_t>(rng.Below(static_cast<int>(names.size())))]);
    } else if (!names.empty() && rng.Below(8) == 0) {
      (void)node.Add(names[0], RandomAsk(&rng, cpus));
    } else {
      (void)node.Add("c" + std::to_string(next++), RandomAsk(&rng, cpus));
    }
    CheckInvariants(&node, reserved);
  }
  const std::string full = node.Describe();
  const std::string saved = node.Save();
  const absl::Status restarted = node.Restart();
  ASSERT_TRUE(restarted.ok()) << restarted;
  EXPECT_EQ(node.Describe(), full);
  EXPECT_EQ(node.Save(), saved);
  for (const std::string& name : node.names()) node.Delete(name);
  EXPECT_EQ(node.Describe(), start);
}

TEST(Property, ExclusiveSetsAreDisjointAndReleaseRestoresTheStart) {
  for (const char* machine : kMachines) {
    for (unsigned seed = 1; seed <= 10; ++seed) {
      Play(machine, seed);
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace crm::policies::topology_aware
