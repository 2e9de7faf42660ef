#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/world_for_test.h"

namespace crm::engine {
namespace {

using model::ContainerState;
using ::testing::IsEmpty;

TEST_F(WorldTest, SynchronisationDropsWhatIsGoneAndPlacesWhatIsNew) {
  {
    auto world = StartTopologyAware();
    Run(*world, "p", "gone");
    Run(*world, "q", "stays");
  }
  auto world = Start();
  const auto running = Running(
      {"q", "r"}, {Listed("q", "stays"), Listed("r", "new"), Listed("r", "ended", ContainerState::kExited)});
  ASSERT_TRUE(world->Synchronize(running).ok());
  EXPECT_EQ(Cpus(*world, "uid-p:gone"), "absent");
  EXPECT_EQ(Cpus(*world, "uid-q:stays"), "0-1");
  EXPECT_EQ(Cpus(*world, "uid-r:new"), "0-1");
  EXPECT_EQ(Cpus(*world, "uid-r:ended"), "absent");
  EXPECT_FALSE(world->state().pods.contains("p"));
}

// kill -9 between the runtime's answer and our note of the id.
TEST_F(WorldTest, AContainerWhoseIdWasNeverLearnedIsFoundByPodAndName) {
  {
    auto world = StartTopologyAware();
    ASSERT_TRUE(world->Place(Pod("p"), Container("p", "a")).ok());
  }
  auto world = Start();
  ASSERT_TRUE(world->Synchronize(Running({"p"}, {Listed("p", "a")})).ok());
  EXPECT_EQ(world->state().containers.at("uid-p:a").container.id, "id-p-a");
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "0");
}

TEST_F(WorldTest, AFullListReleasesWhatExitedAndWhatVanished) {
  auto world = StartTopologyAware();
  for (const char* name : {"runs", "exited", "vanished"}) Run(*world, "p", name);
  ASSERT_TRUE(world->Place(Pod("p"), Container("p", "only-created")).ok());
  world->Created("uid-p:only-created", "id-p-only-created");
  world->Listed(world->ListBegins(), {Listed("p", "runs"), Listed("p", "exited", ContainerState::kExited)});
  EXPECT_EQ(Cpus(*world, "uid-p:runs"), "0");
  EXPECT_EQ(Cpus(*world, "uid-p:exited"), "unpinned");
  EXPECT_EQ(Cpus(*world, "uid-p:vanished"), "absent");
  EXPECT_EQ(Cpus(*world, "uid-p:only-created"), "absent");
}

// Symptom: a list that was asked for before a container was created and answered after it was started freed
// its CPUs, and the next container got the same ones.
TEST_F(WorldTest, AListSaysNothingAboutWhatChangedAfterItBegan) {
  auto world = StartTopologyAware();
  const Moment before = world->ListBegins();
  Run(*world, "p", "a");
  world->Listed(before, {});
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "0");
  world->Listed(world->ListBegins(), {});
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "absent");
}

// Symptom: at a start or after a restart of the runtime, containers that the kubelet was creating meanwhile
// were forgotten with their pods, and their CPUs were given away.
TEST_F(WorldTest, ASynchronisationKeepsWhatIsBeingCreated) {
  auto world = StartTopologyAware();
  World::Running running = Running({}, {});
  running.began = world->ListBegins();
  world->PodCreated(Pod("p"));
  Run(*world, "p", "created");
  ASSERT_TRUE(world->Place(Pod("p"), Container("p", "under-way")).ok());
  ASSERT_TRUE(world->Synchronize(running).ok());
  EXPECT_EQ(Cpus(*world, "uid-p:created"), "0-1");
  EXPECT_EQ(Cpus(*world, "uid-p:under-way"), "0-1");
  EXPECT_TRUE(world->state().pods.contains("p"));
  // A creation that takes longer than two synchronisations is still a creation.
  running = Running({"p"}, {Listed("p", "created")});
  running.began = world->ListBegins();
  ASSERT_TRUE(world->Synchronize(running).ok());
  EXPECT_EQ(Cpus(*world, "uid-p:under-way"), "0-1");
  world->Created("uid-p:under-way", "id-p-under-way");
  EXPECT_TRUE(world->Knows("id-p-under-way"));
}

// Symptom: a list taken before a removal brought the removed container back.
TEST_F(WorldTest, AnOldListDoesNotBringBackWhatWasRemoved) {
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  World::Running running = Running({"p"}, {Listed("p", "a")});
  running.began = world->ListBegins();
  world->Stopped("id-p-a", /*removed=*/true);
  world->PodStopped("p", /*removed=*/true);
  world->Listed(running.began, running.containers);
  EXPECT_FALSE(world->OutOfStep());
  ASSERT_TRUE(world->Synchronize(running).ok());
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "absent");
  EXPECT_FALSE(world->state().pods.contains("p"));
}

TEST_F(WorldTest, AListedContainerThatNobodyKnowsAsksForASynchronisationThatPlacesIt) {
  auto world = StartTopologyAware();
  world->PodCreated(Pod("p"));
  world->Listed(world->ListBegins(), {Listed("p", "stranger")});
  EXPECT_TRUE(world->OutOfStep());
  World::Running running = Running({"p"}, {Listed("p", "stranger")});
  running.began = world->ListBegins();
  ASSERT_TRUE(world->Synchronize(running).ok());
  EXPECT_EQ(Cpus(*world, "uid-p:stranger"), "0");
  EXPECT_EQ(sink_.cpus["id-p-stranger"], "0");
  EXPECT_FALSE(world->OutOfStep());
}

TEST_F(WorldTest, AListedContainerThatIsBeingCreatedIsNoStranger) {
  auto world = StartTopologyAware();
  ASSERT_TRUE(world->Place(Pod("p"), Container("p", "a")).ok());
  world->Listed(world->ListBegins(), {Listed("p", "a", ContainerState::kCreated)});
  EXPECT_FALSE(world->OutOfStep());
}

TEST_F(WorldTest, AContainerWhosePodWentWhileItWasCreatedAsksForASynchronisation) {
  auto world = StartTopologyAware();
  ASSERT_TRUE(world->Place(Pod("p"), Container("p", "a")).ok());
  world->PodStopped("p", /*removed=*/true);
  world->Created("uid-p:a", "id-p-a");
  EXPECT_TRUE(world->OutOfStep());
}

// Symptom: the client's deadline passed, the next list did not hold the container yet, and its CPUs were
// given to another one while the runtime went on creating it.
TEST_F(WorldTest, AnUncertainCreationKeepsItsCpusUntilTheRuntimeCannotBeAtItAnyMore) {
  auto world = StartTopologyAware();
  for (const char* name : {"exists", "lost"}) {
    ASSERT_TRUE(world->Place(Pod("p"), Container("p", name)).ok());
    world->CreationFailed(std::string("uid-p:") + name, /*uncertain=*/true);
  }
  world->Listed(world->ListBegins(), {Listed("p", "exists", ContainerState::kCreated)});
  EXPECT_EQ(world->state().containers.at("uid-p:exists").container.id, "id-p-exists");
  EXPECT_EQ(Cpus(*world, "uid-p:lost"), "0-1");
  EXPECT_TRUE(world->HasUncertain());
  const Moment early = world->ListBegins();
  clock_.Advance(options_.uncertain_grace);
  world->Listed(early, {Listed("p", "exists")});
  EXPECT_TRUE(world->HasUncertain());
  world->Listed(world->ListBegins(), {Listed("p", "exists")});
  EXPECT_FALSE(world->HasUncertain());
  EXPECT_EQ(Cpus(*world, "uid-p:lost"), "absent");
  EXPECT_EQ(Cpus(*world, "uid-p:exists"), "0");
}

// Symptom: after a restart under another policy, containers stayed on the CPUs that the old one had given
// them.
TEST_F(WorldTest, ARestartTellsUnpinnedContainersToo) {
  {
    auto world = StartTopologyAware();
    Run(*world, "p", "a");
  }
  options_.forced_config = "policy: {Active: none}";
  auto world = Start();
  ASSERT_TRUE(world->Synchronize(Running({"p"}, {Listed("p", "a")})).ok());
  EXPECT_EQ(sink_.cpus["id-p-a"], "0-7");
}

TEST_F(WorldTest, WhatWasNeverOursIsLeftAlone) {
  {
    auto world = Start();
    Run(*world, "p", "a");
    world->Flush();
  }
  auto world = Start();
  ASSERT_TRUE(world->Synchronize(Running({"p"}, {Listed("p", "a")})).ok());
  EXPECT_THAT(sink_.cpus, IsEmpty());
}

// Symptom: an update that named a node without memory was refused by the kernel for ever.
TEST_F(WorldTest, UnpinningNamesOnlyNodesThatHaveMemory) {
  options_.machine.nodes.resize(3);
  for (int id = 0; id < 3; ++id) options_.machine.nodes[static_cast<size_t>(id)].id = id;
  options_.machine.nodes[2].memory_bytes = 1 << 30;
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  ASSERT_TRUE(world->Configure({"n1", {}}).ok());
  EXPECT_EQ(sink_.memory_nodes["id-p-a"], "0,2");
}

// Symptom: what found no room at a start stayed without a place when there was room again.
TEST_F(WorldTest, WhatFoundNoRoomIsPlacedWhenThereIsSome) {
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  FakePolicyForTest::room = 1;
  World::Running running = Running({"p"}, {Listed("p", "a"), Listed("p", "b")});
  running.began = world->ListBegins();
  ASSERT_TRUE(world->Synchronize(running).ok());
  EXPECT_EQ(Cpus(*world, "uid-p:b"), "unpinned");
  world->Stopped("id-p-a", /*removed=*/true);
  EXPECT_EQ(Cpus(*world, "uid-p:b"), "0");
  EXPECT_EQ(sink_.cpus["id-p-b"], "0");
  FakePolicyForTest::room = FakePolicyForTest::kEndless;
}

// Symptom: a configuration came into force that had no place for a container which was running.
TEST_F(WorldTest, AConfigurationWithoutAPlaceForWhatRunsIsRefused) {
  auto world = Start();
  Run(*world, "p", "a");
  Run(*world, "p", "b");
  FakePolicyForTest::room = 1;
  const absl::Status status = world->Configure({"n1", kTopologyAware});
  FakePolicyForTest::room = FakePolicyForTest::kEndless;
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(Message(status)), ::testing::HasSubstr("which runs, would have no place"));
  EXPECT_EQ(world->policy().name(), "none");
  EXPECT_THAT(sink_.cpus, IsEmpty());
}

}  // namespace
}  // namespace crm::engine
