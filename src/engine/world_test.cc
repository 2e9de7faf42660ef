#include "engine/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/world_for_test.h"

namespace crm::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(WorldTest, AnArrivalMovesTheOthersAndADepartureMovesThemBack) {
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "0");
  Run(*world, "p", "b");
  EXPECT_EQ(sink_.cpus["id-p-a"], "0-1");
  world->Stopped("id-p-b", true);
  EXPECT_EQ(sink_.cpus["id-p-a"], "0");
  EXPECT_EQ(Cpus(*world, "uid-p:b"), "absent");
}

TEST_F(WorldTest, TheDecisionIsOnDiskBeforeItIsReturned) {
  auto world = StartTopologyAware();
  ASSERT_TRUE(world->Place(Pod("p"), Container("p", "a")).ok());
  const auto saved = state::Store::Parse(*fs_.Read("/s/cache"));
  ASSERT_TRUE(saved.ok());
  EXPECT_EQ(saved->containers.at("uid-p:a").assignment.cpus, CpuSet{0});
}

TEST_F(WorldTest, AFullDiskRefusesTheContainerAndKeepsTheOthers) {
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  fs_.FailWritesForTest(absl::ResourceExhaustedError("No space left on device"));
  const auto decision = world->Place(Pod("p"), Container("p", "b"));
  EXPECT_TRUE(absl::IsResourceExhausted(decision.status()));
  EXPECT_EQ(Cpus(*world, "uid-p:b"), "absent");
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "0");
  EXPECT_THAT(sink_.cpus, IsEmpty());
}

TEST_F(WorldTest, ARefusalNamesTheContainerAndChangesNothing) {
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  const auto decision = world->Place(Pod("p"), Container("p", "big"));
  EXPECT_TRUE(absl::IsResourceExhausted(decision.status()));
  EXPECT_THAT(std::string(Message(decision.status())), HasSubstr("name-p:big: too big"));
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "0");
}

// A container that crashed comes again under a new runtime id; the kubelet removes the old one later.
TEST_F(WorldTest, RemovingTheOldIdOfARestartedContainerLeavesTheNewOne) {
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  Run(*world, "p", "a", "-again");
  world->Stopped("id-p-a", true);
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "0");
  EXPECT_EQ(world->state().containers.at("uid-p:a").container.id, "id-p-a-again");
}

TEST_F(WorldTest, ARefusedConfigurationLeavesEverything) {
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  const absl::Status status = world->Configure({"n1", kImpossible});
  EXPECT_THAT(std::string(Message(status)),
              HasSubstr("failed to apply configuration: resource-manager: configuration rejected: "
                        "config error: policy.ReservedResources.CPU: no 900"));
  EXPECT_EQ(world->policy().name(), "topology-aware");
  EXPECT_EQ(world->state().config->data, kTopologyAware);
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "0");
  EXPECT_EQ(sink_.count, 0);
}

TEST_F(WorldTest, AConfigurationThatCannotBeSavedIsNotInForce) {
  auto world = Start();
  fs_.FailWritesForTest(absl::ResourceExhaustedError("No space left on device"));
  EXPECT_FALSE(world->Configure({"n1", kTopologyAware}).ok());
  EXPECT_EQ(world->policy().name(), "none");
  EXPECT_FALSE(world->state().config.has_value());
}

TEST_F(WorldTest, SwitchingThePolicyPinsAndUnpinsWhatRuns) {
  auto world = Start();
  Run(*world, "p", "a");
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "unpinned");
  ASSERT_TRUE(world->Configure({"n1", kTopologyAware}).ok());
  EXPECT_EQ(sink_.cpus["id-p-a"], "0");
  ASSERT_TRUE(world->Configure({"n1", {}}).ok());
  EXPECT_EQ(sink_.cpus["id-p-a"], "0-7");  // the runtime cannot unset: all CPUs
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "unpinned");
}

TEST_F(WorldTest, AnIdenticalConfigurationIsNotAppliedAgain) {
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  const placement::Policy* policy = &world->policy();
  ASSERT_TRUE(world->Configure({"n1", kTopologyAware}).ok());
  EXPECT_EQ(&world->policy(), policy);
}

TEST_F(WorldTest, ARestartRemembersConfigurationAndPlacements) {
  {
    auto world = StartTopologyAware();
    Run(*world, "p", "a");
    Run(*world, "p", "b");
  }
  auto world = Start();
  EXPECT_EQ(world->config_source(), "agent");
  EXPECT_EQ(world->policy().name(), "topology-aware");
  ASSERT_TRUE(world->Synchronize(Running({"p"}, {Listed("p", "a"), Listed("p", "b")})).ok());
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "0-1");
  EXPECT_EQ(Cpus(*world, "uid-p:b"), "0-1");
}

TEST_F(WorldTest, StoppingThePodReleasesAllItsContainers) {
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  Run(*world, "q", "b");
  world->PodStopped("p", /*removed=*/false);
  EXPECT_EQ(sink_.cpus["id-q-b"], "0");
  world->PodStopped("p", /*removed=*/true);
  EXPECT_FALSE(world->state().pods.contains("p"));
}

TEST_F(WorldTest, ACorruptStateFileIsSetAsideAndRebuiltFromWhatRuns) {
  fs_ = FakeFileSystem(FakeFileSystem::Files{{"/s/cache", "{torn"}});
  auto world = Start();
  EXPECT_TRUE(fs_.Exists("/s/cache.bad-t"));
  ASSERT_TRUE(world->Synchronize(Running({"p"}, {Listed("p", "a")})).ok());
  EXPECT_TRUE(world->state().containers.contains("uid-p:a"));
}

}  // namespace
}  // namespace crm::engine
