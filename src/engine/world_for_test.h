#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/fake_policy_for_test.h"
#include "engine/world.h"

namespace crm::engine {

/// A policy without an opinion.
class UnpinnedPolicy : public FakePolicyForTest {
 public:
  static absl::StatusOr<std::unique_ptr<placement::Policy>> Make(const hardware::Machine&,
                                                                 const config::Plan&,
                                                                 const placement::CgroupReader&) {
    return std::make_unique<UnpinnedPolicy>();
  }
  std::string_view name() const override { return "none"; }
  absl::StatusOr<std::vector<placement::Change>> Allocate(const placement::Request& request) override {
    return std::vector<placement::Change>{{request.container.cache_id, {}, {"", "unpinned", ""}}};
  }
  std::vector<placement::Change> Release(const std::string&) override { return {}; }
  absl::StatusOr<std::vector<placement::Change>> Restore(std::string_view,
                                                         const std::vector<placement::Request>&) override {
    return std::vector<placement::Change>();
  }
};

/// What the runtime would have been told.
class RecordingSink : public UpdateSink {
 public:
  void Update(const std::string& id, const enforce::ResourceUpdate& update) override {
    if (update.cpus) cpus[id] = update.cpus->ToString();
    if (update.memory_nodes) memory_nodes[id] = update.memory_nodes->ToString();
    ++count;
  }
  void Forget(const std::string& id) override { cpus.erase(id); }
  std::map<std::string, std::string> cpus;          // runtime id -> what it was last told
  std::map<std::string, std::string> memory_nodes;  // the same
  int count = 0;
};

inline const std::map<std::string, std::string> kTopologyAware = {
    {"policy", "Active: topology-aware\nReservedResources: {CPU: \"cpuset:0\"}\n"}};
inline const std::map<std::string, std::string> kImpossible = {
    {"policy", "Active: topology-aware\nReservedResources: {CPU: \"cpuset:900\"}\n"}};

/// A World on a file system in memory, with the fake policies.
class WorldTest : public ::testing::Test {
 protected:
  WorldTest() {
    registry_.Register("topology-aware", "fake", FakePolicyForTest::Make);
    registry_.Register("none", "fake", UnpinnedPolicy::Make);
    options_.registry = &registry_;
    options_.store = &store_;
    options_.updates = &sink_;
    options_.machine.online = CpuSet::Range(0, 7);
    options_.machine.nodes.resize(1);
    options_.machine.nodes[0].memory_bytes = int64_t{8} << 30;
    options_.machine.memory_bytes = int64_t{8} << 30;
    options_.clock = &clock_;
  }

  std::unique_ptr<World> Start() {
    auto world = std::make_unique<World>(options_);
    EXPECT_TRUE(world->Load("t").ok());
    return world;
  }

  std::unique_ptr<World> StartTopologyAware() {
    auto world = Start();
    EXPECT_TRUE(world->Configure({"n1", kTopologyAware}).ok());
    return world;
  }

  static model::Pod Pod(const std::string& id) {
    model::Pod pod;
    pod.id = id;
    pod.uid = "uid-" + id;
    pod.name = "name-" + id;
    pod.ns = "default";
    return pod;
  }

  static model::Container Container(const std::string& pod, const std::string& name) {
    model::Container container;
    container.pod_id = pod;
    container.name = name;
    return container;
  }

  // A container through create and start, with runtime id "id-POD-NAME".
  static void Run(World& world, const std::string& pod, const std::string& name,
                  const std::string& suffix = "") {
    ASSERT_TRUE(world.Place(Pod(pod), Container(pod, name)).ok());
    world.Created("uid-" + pod + ":" + name, "id-" + pod + "-" + name + suffix);
    world.Started("id-" + pod + "-" + name + suffix);
  }

  static enforce::ListedContainer Listed(const std::string& pod, const std::string& name,
                                         model::ContainerState state = model::ContainerState::kRunning) {
    return {"id-" + pod + "-" + name, pod, name, state, {}};
  }

  static World::Running Running(std::vector<std::string> pods,
                                std::vector<enforce::ListedContainer> containers) {
    World::Running running;
    for (const std::string& pod : pods) running.pods.push_back(Pod(pod));
    running.containers = std::move(containers);
    running.lookup = [](const std::string&) { return model::LinuxResources(); };
    return running;
  }

  std::string Cpus(const World& world, const std::string& cache_id) {
    const auto it = world.state().containers.find(cache_id);
    if (it == world.state().containers.end()) return "absent";
    return it->second.assignment.cpus ? it->second.assignment.cpus->ToString() : "unpinned";
  }

  FakeFileSystem fs_;
  state::Store store_{fs_, {"/s"}};
  FakeClock clock_;
  RecordingSink sink_;
  placement::PolicyRegistry registry_;
  WorldOptions options_;
};

}  // namespace crm::engine
