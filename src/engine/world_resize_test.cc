#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/world_for_test.h"

namespace crm::engine {
namespace {

model::LinuxResources Milli(int64_t milli) {
  model::LinuxResources asked;
  asked.cpu_shares = milli * 1024 / 1000;
  return asked;
}

int64_t Request(const World& world, const std::string& cache_id) {
  return world.state().containers.at(cache_id).container.requirements.cpu_request_milli.value_or(0);
}

TEST_F(WorldTest, AnAcceptedResizeStays) {
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  const auto decision = world->Resize("id-p-a", Milli(2000));
  ASSERT_TRUE(decision.ok() && decision->has_value());
  world->Resized("id-p-a", /*accepted=*/true);
  EXPECT_EQ(Request(*world, "uid-p:a"), 2000);
  EXPECT_EQ(sink_.count, 0) << "the client's own request carried the decision";
}

// Symptom: the runtime refused a smaller share and the container stayed on CPUs that were counted as free.
TEST_F(WorldTest, ARefusedResizeIsTakenBackAndTheRuntimeToldWhatHolds) {
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  ASSERT_TRUE(world->Resize("id-p-a", Milli(2000)).ok());
  world->Resized("id-p-a", /*accepted=*/false);
  EXPECT_EQ(Request(*world, "uid-p:a"), 0);
  EXPECT_EQ(sink_.cpus["id-p-a"], Cpus(*world, "uid-p:a"));
}

// Symptom: a decision that came between the client's request and its answer was overwritten by the older one.
TEST_F(WorldTest, ADecisionMadeWhileTheClientsRequestIsUnderWayIsToldAgain) {
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  ASSERT_TRUE(world->Resize("id-p-a", Milli(2000)).ok());
  Run(*world, "p", "b");
  sink_.cpus.clear();
  world->Resized("id-p-a", /*accepted=*/true);
  EXPECT_EQ(sink_.cpus["id-p-a"], "0-1");
}

// Symptom: the disk was full, the client saw an error, and the policy had the new grant all the same.
TEST_F(WorldTest, AResizeThatCannotBeSavedIsUndone) {
  auto world = StartTopologyAware();
  Run(*world, "p", "a");
  fs_.FailWritesForTest(absl::ResourceExhaustedError("No space left on device"));
  EXPECT_TRUE(absl::IsResourceExhausted(world->Resize("id-p-a", Milli(2000)).status()));
  EXPECT_EQ(Request(*world, "uid-p:a"), 0);
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "0");
}

TEST_F(WorldTest, AnUnknownContainerIsNotOurs) {
  auto world = StartTopologyAware();
  const auto decision = world->Resize("id-p-unknown", Milli(2000));
  ASSERT_TRUE(decision.ok());
  EXPECT_FALSE(decision->has_value());
  world->Resized("id-p-unknown", true);
}

}  // namespace
}  // namespace crm::engine
