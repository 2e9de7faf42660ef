#include "placement/policy.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "placement/order.h"

namespace crm::placement {
namespace {

PolicyFactory Refusing() {
  return [](const hardware::Machine&, const config::Plan&,
            const CgroupReader&) -> absl::StatusOr<std::unique_ptr<Policy>> {
    return absl::InternalError("made");
  };
}

TEST(PolicyRegistry, CreatesTheActivePolicy) {
  PolicyRegistry registry;
  registry.Register("b", "second", Refusing());
  registry.Register("a", "first", Refusing());
  EXPECT_EQ(registry.Descriptions(), (std::map<std::string, std::string>{{"a", "first"}, {"b", "second"}}));
  config::Plan plan;
  plan.policy = "b";
  EXPECT_EQ(registry.Create({}, plan, nullptr).status().message(), "made");
}

TEST(PolicyRegistry, UnknownPoliciesAreRefusedByName) {
  PolicyRegistry registry;
  registry.Register("a", "", Refusing());
  registry.Register("b", "", Refusing());
  config::Plan plan;
  plan.policy = "static-pools";
  EXPECT_EQ(registry.Create({}, plan, nullptr).status().message(),
            "policy.Active: unknown policy \"static-pools\", expected one of: a, b");
}

TEST(PolicyRegistryDeathTest, ANameTwiceEndsTheProgram) {
  PolicyRegistry registry;
  registry.Register("a", "", Refusing());
  EXPECT_DEATH(registry.Register("a", "", Refusing()), "policy \"a\" is registered twice");
}

TEST(Ordered, FollowsQosThenSizeThenName) {
  constexpr int64_t kGi = int64_t{1} << 30;
  struct Row {
    model::QosClass qos;
    int64_t memory;
    int64_t cpu;
    const char* pod;
  };
  const Row rows[] = {{model::QosClass::kGuaranteed, kGi, 2000, "p1"},
                      {model::QosClass::kBurstable, 4 * kGi, 0, "b"},
                      {model::QosClass::kGuaranteed, 2 * kGi, 1000, "big"},
                      {model::QosClass::kBestEffort, 0, 0, "e"},
                      {model::QosClass::kGuaranteed, kGi, 4000, "wide"},
                      {model::QosClass::kGuaranteed, kGi, 2000, "p0"},
                      {model::QosClass::kUnknown, 0, 100, "u"}};
  std::vector<model::Pod> pods(std::size(rows));
  std::vector<model::Container> containers(std::size(rows));
  std::vector<Request> requests;
  for (size_t i = 0; i < std::size(rows); ++i) {
    pods[i].qos = rows[i].qos;
    pods[i].name = rows[i].pod;
    containers[i].name = "a";
    if (rows[i].memory > 0) containers[i].requirements.memory_request_bytes = rows[i].memory;
    if (rows[i].cpu > 0) containers[i].requirements.cpu_request_milli = rows[i].cpu;
    requests.push_back({pods[i], containers[i]});
  }
  std::vector<std::string> names;
  for (const Request& request : Ordered(requests)) names.push_back(request.pod.name);
  EXPECT_THAT(names, testing::ElementsAre("big", "wide", "p0", "p1", "b", "u", "e"));
}

}  // namespace
}  // namespace crm::placement
