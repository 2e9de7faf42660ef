#include "engine/engine.h"

#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"
#include "enforce/fake_runtime_for_test.h"
#include "engine/fake_policy_for_test.h"

namespace crm::engine {
namespace {

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    registry_.Register("topology-aware", "fake", FakePolicyForTest::Make);
    options_.runtime = &runtime_;
    options_.world.registry = &registry_;
    options_.world.store = &store_;
    options_.world.machine.online = CpuSet::Range(0, 7);
    options_.world.machine.nodes.resize(1);
    options_.world.fallback_config =
        "policy: {Active: topology-aware, ReservedResources: {CPU: \"cpuset:0\"}}";
  }

  // Creates and starts a container through the engine's asynchronous calls.
  void Run(Engine& engine, const std::string& name) {
    model::Pod pod;
    pod.id = "p";
    pod.uid = "u";
    model::Container container;
    container.pod_id = "p";
    container.name = name;
    absl::Notification created;
    engine.Place(pod, container, [&](absl::StatusOr<placement::Assignment> decision, std::string cache_id) {
      ASSERT_TRUE(decision.ok()) << decision.status();
      engine.Created(std::move(cache_id), "id-" + name, [&] { created.Notify(); });
    });
    created.WaitForNotification();
    engine.Started("id-" + name);
    engine.Inspect([](const World&) {});  // noted: lists from here on may judge it
  }

  FakeFileSystem fs_;
  state::Store store_{fs_, {"/s"}};
  placement::PolicyRegistry registry_;
  enforce::FakeRuntimeForTest runtime_;
  EngineOptions options_;
};

TEST_F(EngineTest, StartWaitsForTheContainersThatMakeRoom) {
  Engine engine(options_);
  ASSERT_TRUE(engine.Start("t").ok());
  Run(engine, "a");
  Run(engine, "b");
  enforce::FakeRuntimeForTest::Call moved = runtime_.Next();
  EXPECT_EQ(moved.id, "id-a");
  EXPECT_EQ(moved.update.cpus, (CpuSet{0, 1}));
  absl::Notification may_start;
  engine.BeforeStart("id-b", [&] { may_start.Notify(); });
  engine.Inspect([&](const World&) { EXPECT_FALSE(may_start.HasBeenNotified()); });
  moved.done(absl::OkStatus());
  may_start.WaitForNotification();
}

TEST_F(EngineTest, ItsOwnListFindsWhatExited) {
  options_.list_interval = absl::Milliseconds(1);
  Engine engine(options_);
  ASSERT_TRUE(engine.Start("t").ok());
  Run(engine, "a");
  runtime_.SetContainers({}, {{"id-a", "p", "a", model::ContainerState::kExited, {}}});
  runtime_.AwaitLists(2);
  engine.Inspect([](const World& world) {
    EXPECT_EQ(world.state().containers.at("u:a").container.state, model::ContainerState::kExited);
  });
}

// The runtime went away and came back without a container: everything is compared anew.
TEST_F(EngineTest, GetsInStepAgainWhenTheRuntimeIsBack) {
  options_.list_interval = absl::Milliseconds(1);
  options_.uncertain_interval = absl::Milliseconds(1);
  Engine engine(options_);
  ASSERT_TRUE(engine.Start("t").ok());
  Run(engine, "a");
  runtime_.SetDown(absl::UnavailableError("gone"));
  runtime_.AwaitLists(2);
  runtime_.SetDown(absl::OkStatus());
  runtime_.AwaitLists(3);  // pods, containers, and one of the next round
  engine.Inspect([](const World& world) { EXPECT_TRUE(world.state().containers.empty()); });
}

// It restarted so quickly that no list failed.
TEST_F(EngineTest, GetsInStepAgainAfterANewConnection) {
  Engine engine(options_);
  ASSERT_TRUE(engine.Start("t").ok());
  Run(engine, "a");
  engine.RuntimeConnected();  // the first connection is no news
  engine.RuntimeConnected();
  runtime_.AwaitLists(2);
  const auto gone = [&] {
    bool empty = false;
    engine.Inspect([&](const World& world) { empty = world.state().containers.empty(); });
    return empty;
  };
  while (!gone()) absl::SleepFor(absl::Milliseconds(1));
}

TEST_F(EngineTest, ARuntimeThatCannotListStopsTheStart) {
  runtime_.SetDown(absl::UnavailableError("gone"));
  Engine engine(options_);
  EXPECT_TRUE(absl::IsUnavailable(engine.Start("t")));
}

// Symptom: StartContainer of a container that the engine did not know was passed on, unplaced.
TEST_F(EngineTest, AnUnknownContainerIsPlacedBeforeItStarts) {
  Engine engine(options_);
  ASSERT_TRUE(engine.Start("t").ok());
  model::Pod pod;
  pod.id = "p";
  pod.uid = "u";
  runtime_.SetContainers({pod}, {{"id-late", "p", "late", model::ContainerState::kCreated, {}}});
  absl::Notification may_start;
  engine.BeforeStart("id-late", [&] { may_start.Notify(); });
  enforce::FakeRuntimeForTest::Call placed = runtime_.Next();
  EXPECT_EQ(placed.id, "id-late");
  EXPECT_EQ(placed.update.cpus, CpuSet{0});
  placed.done(absl::OkStatus());
  may_start.WaitForNotification();
}

// The runtime came back: what really runs is known before anything new is decided [D-09].
TEST_F(EngineTest, DecisionsWaitForTheSynchronisationAfterAReconnect) {
  options_.list_interval = absl::Hours(1);
  Engine engine(options_);
  ASSERT_TRUE(engine.Start("t").ok());
  Run(engine, "a");
  runtime_.SetContainers({}, {});
  engine.RuntimeConnected();  // the first connection is no news
  engine.RuntimeConnected();
  Run(engine, "b");
  engine.Inspect([](const World& world) {
    EXPECT_FALSE(world.state().containers.contains("u:a"));
    EXPECT_EQ(world.state().containers.at("u:b").assignment.cpus, CpuSet{0});
  });
}

// Symptom: an update of ours and one of the client were under way at once, and the older one came last.
TEST_F(EngineTest, TheClientsUpdateWaitsForOursAndOursForIt) {
  Engine engine(options_);
  ASSERT_TRUE(engine.Start("t").ok());
  Run(engine, "a");
  Run(engine, "b");
  enforce::FakeRuntimeForTest::Call first = runtime_.Next();  // a: 0-1
  absl::Notification decided;
  model::LinuxResources asked;
  asked.cpu_shares = 2048;
  engine.Resize("id-a", asked, [&](auto decision) {
    EXPECT_TRUE(decision.ok());
    decided.Notify();
  });
  engine.Inspect([&](const World&) { EXPECT_FALSE(decided.HasBeenNotified()); });
  first.done(absl::OkStatus());
  decided.WaitForNotification();
  Run(engine, "c");
  enforce::FakeRuntimeForTest::Call other = runtime_.Next();
  EXPECT_EQ(other.id, "id-b");
  other.done(absl::OkStatus());
  EXPECT_EQ(runtime_.Waiting(), 0U) << "a's own update waits for the client's";
  engine.Resized("id-a", /*accepted=*/true);
  enforce::FakeRuntimeForTest::Call again = runtime_.Next();
  EXPECT_EQ(again.id, "id-a");
  EXPECT_EQ(again.update.cpus, CpuSet::Range(0, 2));
  again.done(absl::OkStatus());
}

}  // namespace
}  // namespace crm::engine
