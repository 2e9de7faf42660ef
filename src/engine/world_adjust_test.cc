// External adjustments in force: spec 10 section 8.3, vectors 16.6.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/world_for_test.h"

namespace crm::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// Gives each container CPUs 0..n-1 for the n CPUs that it asks for, up to 4.
class CountingPolicy : public FakePolicyForTest {
 public:
  static absl::StatusOr<std::unique_ptr<placement::Policy>> Make(const hardware::Machine&,
                                                                 const config::Plan&,
                                                                 const placement::CgroupReader&) {
    return std::make_unique<CountingPolicy>();
  }
  absl::StatusOr<std::vector<placement::Change>> Allocate(const placement::Request& request) override {
    const int64_t milli = request.container.requirements.cpu_request_milli.value_or(1000);
    if (milli > 4000) return ResourceExhausted("no room for {}m CPU", milli);
    cpus_[request.container.cache_id] = CpuSet::Range(0, static_cast<int>(milli / 1000) - 1);
    return std::vector<placement::Change>{*Lookup(request.container.cache_id)};
  }
  std::vector<placement::Change> Release(const std::string& id) override {
    cpus_.erase(id);
    return {};
  }
  std::optional<placement::Change> Lookup(const std::string& id) const override {
    const auto found = cpus_.find(id);
    if (found == cpus_.end()) return std::nullopt;
    return placement::Change{id, {found->second, std::nullopt, std::nullopt}, {"", "shared", "asked for"}};
  }
  absl::StatusOr<std::vector<placement::Change>> Restore(
      std::string_view, const std::vector<placement::Request>& alive) override {
    std::vector<placement::Change> changes;
    for (const placement::Request& request : alive) {
      CRM_RETURN_IF_ERROR(Allocate(request).status());
      changes.push_back(*Lookup(request.container.cache_id));
    }
    return changes;
  }

 private:
  std::map<std::string, CpuSet> cpus_;
};

class WorldAdjustTest : public WorldTest {
 protected:
  WorldAdjustTest() {
    registry_ = placement::PolicyRegistry();
    registry_.Register("topology-aware", "fake", CountingPolicy::Make);
    registry_.Register("none", "fake", UnpinnedPolicy::Make);
    world_ = StartTopologyAware();
    Run(*world_, "p", "c");
    Run(*world_, "q", "d");
  }

  static std::string Scope(const std::string& name) {
    return R"("scope": [{"containers": [{"key": "name", "operator": "Equals", "values": [")" + name +
           R"("]}]}])";
  }
  std::map<std::string, std::string> Errors(const std::string& payload) {
    const auto errors = world_->Adjust(payload);
    EXPECT_TRUE(errors.ok()) << payload;
    return errors.value_or(std::map<std::string, std::string>());
  }
  const model::Container& Of(const std::string& cache_id) {
    return world_->state().containers.at(cache_id).container;
  }

  std::unique_ptr<World> world_;
};

TEST_F(WorldAdjustTest, ResourcesMoveTheContainerAndWithdrawingMovesItBack) {
  EXPECT_EQ(Cpus(*world_, "uid-p:c"), "0");
  const std::string payload = "{\"a\": {" + Scope("c") + R"(, "resources": {"requests": {"cpu": "3"}}}})";
  EXPECT_THAT(Errors(payload), IsEmpty());
  EXPECT_EQ(Cpus(*world_, "uid-p:c"), "0-2");
  EXPECT_EQ(sink_.cpus["id-p-c"], "0-2");
  EXPECT_EQ(Of("uid-p:c").adjustment, "a");
  EXPECT_EQ(Of("uid-q:d").adjustment, "");
  EXPECT_FALSE(sink_.cpus.contains("id-q-d"));
  const int told = sink_.count;
  EXPECT_THAT(Errors(payload), IsEmpty());
  EXPECT_EQ(sink_.count, told);  // the same set again is no news
  EXPECT_THAT(Errors("{}"), IsEmpty());
  EXPECT_EQ(sink_.cpus["id-p-c"], "0");
  EXPECT_EQ(Of("uid-p:c").adjustment, "");
  EXPECT_EQ(Of("uid-p:c").requirements.cpu_request_milli, std::nullopt);
}

TEST_F(WorldAdjustTest, NonsenseChangesNothing) {
  ASSERT_THAT(Errors(R"({"a": {"classes": {"rdt": "gold"}}})"), IsEmpty());
  const auto errors = world_->Adjust("nonsense");
  EXPECT_THAT(std::string(Message(errors.status())), HasSubstr("failed to decode SetAdjustment request: "));
  EXPECT_THAT(Errors(R"({"a": {}, "b": {"toptierLimit": -1}})"),
              ElementsAre(Pair("b", HasSubstr("ToptierLimit"))));
  EXPECT_EQ(Of("uid-p:c").rdt_class, "gold");
}

// "two specs covering pod p container c"
TEST_F(WorldAdjustTest, ConflictsAreAnsweredByContainerAndChangeNothing) {
  EXPECT_THAT(Errors(R"({"b": {"classes": {"rdt": "x"}}, "a": {)" + Scope("c") + "}}"),
              ElementsAre(Pair("id-p-c", "cache: conflicting adjustments for name-p:c: a,b")));
  EXPECT_EQ(Of("uid-q:d").rdt_class, "/PodQos");
}

// "`resources` for a BestEffort container; `classes` only for the same"
TEST_F(WorldAdjustTest, ResourcesOfBestEffortContainersCannotBeOverridden) {
  model::Pod pod = Pod("r");
  pod.qos = model::QosClass::kBestEffort;
  ASSERT_TRUE(world_->Place(pod, Container("r", "e")).ok());
  world_->Created("uid-r:e", "id-r-e");
  EXPECT_THAT(Errors("{\"a\": {" + Scope("e") + R"(, "resources": {"requests": {"cpu": "1"}}}})"),
              ElementsAre(Pair("id-r-e", "cache: a: can't override resources for BestEffort name-r:e")));
  EXPECT_THAT(Errors("{\"a\": {" + Scope("e") + R"(, "classes": {"blockio": "slow"}}})"), IsEmpty());
  EXPECT_EQ(Of("uid-r:e").blockio_class, "slow");
}

TEST_F(WorldAdjustTest, WithoutRoomNothingIsAdjusted) {
  EXPECT_THAT(Errors("{\"a\": {" + Scope("c") + R"(, "resources": {"requests": {"cpu": "2"}}}, "b": {)" +
                     Scope("d") + R"(, "resources": {"requests": {"cpu": "5"}}}})"),
              ElementsAre(Pair("id-q-d",
                               HasSubstr("adjustment b cannot be applied to name-q:d: no room for 5000m"))));
  EXPECT_EQ(Cpus(*world_, "uid-p:c"), "0");
  EXPECT_EQ(Of("uid-p:c").adjustment, "");
  EXPECT_THAT(sink_.cpus, IsEmpty());
  // The policy in force never heard of it.
  EXPECT_EQ(world_->policy().Lookup("uid-p:c")->assignment.cpus, CpuSet{0});
}

TEST_F(WorldAdjustTest, WhatCannotBeSavedIsNotInForce) {
  fs_.FailWritesForTest(absl::ResourceExhaustedError("No space left on device"));
  EXPECT_THAT(Errors("{\"a\": {" + Scope("c") + R"(, "resources": {"requests": {"cpu": "2"}}}})"),
              ElementsAre(Pair("cache", HasSubstr("No space left"))));
  EXPECT_EQ(Of("uid-p:c").adjustment, "");
  EXPECT_EQ(world_->policy().Lookup("uid-p:c")->assignment.cpus, CpuSet{0});
  EXPECT_THAT(sink_.cpus, IsEmpty());
}

// "accepted set with `rdt: gold` under policy none"
TEST_F(WorldAdjustTest, ClassesWorkUnderEveryPolicy) {
  ASSERT_TRUE(world_->Configure({"n1", {}}).ok());
  EXPECT_THAT(Errors("{\"a\": {" + Scope("c") + R"(, "classes": {"rdt": "gold"}, "toptierLimit": "1Gi"}})"),
              IsEmpty());
  EXPECT_EQ(Of("uid-p:c").rdt_class, "gold");
  EXPECT_EQ(Of("uid-p:c").toptier_limit_bytes, int64_t{1} << 30);
  EXPECT_EQ(Of("uid-q:d").rdt_class, "/PodQos");
}

TEST_F(WorldAdjustTest, NewContainersAreAdjustedFromTheStart) {
  ASSERT_THAT(Errors("{\"a\": {" + Scope("late") + R"(, "resources": {"requests": {"cpu": "2"}}}})"),
              IsEmpty());
  Run(*world_, "p", "late");
  EXPECT_EQ(Cpus(*world_, "uid-p:late"), "0-1");
  EXPECT_EQ(Of("uid-p:late").adjustment, "a");
  // One that may not have it starts without.
  model::Pod pod = Pod("r");
  pod.qos = model::QosClass::kBestEffort;
  ASSERT_TRUE(world_->Place(pod, Container("r", "late")).ok());
  EXPECT_EQ(Of("uid-r:late").adjustment, "");
}

TEST_F(WorldAdjustTest, SeveralForANewContainerAreNone) {
  const std::string scope = Scope("late");
  ASSERT_THAT(Errors("{\"a\": {" + scope + "}, \"b\": {" + scope + "}}"), IsEmpty());
  Run(*world_, "p", "late");
  EXPECT_EQ(Of("uid-p:late").adjustment, "");
}

TEST_F(WorldAdjustTest, AResizeKeepsTheAdjustment) {
  ASSERT_THAT(Errors("{\"a\": {" + Scope("c") + R"(, "resources": {"requests": {"cpu": "2"}}}})"), IsEmpty());
  model::LinuxResources asked;
  asked.cpu_shares = 4096;
  ASSERT_TRUE(world_->Resize("id-p-c", asked).ok());
  EXPECT_EQ(Cpus(*world_, "uid-p:c"), "0-1");
  ASSERT_THAT(Errors("{}"), IsEmpty());
  EXPECT_EQ(Cpus(*world_, "uid-p:c"), "0-3");
}

// The set lives in memory; what it did stays until the agent says what holds now.
TEST_F(WorldAdjustTest, ARestartMovesNothingAndTheNextSetDecides) {
  ASSERT_THAT(Errors("{\"a\": {" + Scope("c") + R"(, "resources": {"requests": {"cpu": "2"}}}})"), IsEmpty());
  world_ = Start();
  ASSERT_TRUE(world_->Synchronize(Running({"p", "q"}, {Listed("p", "c"), Listed("q", "d")})).ok());
  EXPECT_EQ(Cpus(*world_, "uid-p:c"), "0-1");
  EXPECT_EQ(Of("uid-p:c").adjustment, "a");
  ASSERT_THAT(Errors("{}"), IsEmpty());
  EXPECT_EQ(Cpus(*world_, "uid-p:c"), "0");
}

// Spec 10 vectors 16.3: a top-tier limit that is no quantity.
TEST_F(WorldAdjustTest, AnUnreadableLimitRefusesTheContainer) {
  model::Pod pod = Pod("r");
  pod.annotations = {{"toptierlimit.cri-resource-manager.intel.com", "lots"}};
  const auto decision = world_->Place(pod, Container("r", "e"));
  EXPECT_THAT(std::string(Message(decision.status())),
              HasSubstr("CreateContainer: failed to insert new container to cache: "));
  EXPECT_EQ(Cpus(*world_, "uid-r:e"), "absent");
}

}  // namespace
}  // namespace crm::engine
