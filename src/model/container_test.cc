#include "model/container.h"

#include "gtest/gtest.h"

namespace crm::model {
namespace {

TEST(QosFromCgroupParent, KnowsBothDriversAndRootsOfAnyDepth) {
  const std::pair<const char*, QosClass> cases[] = {
      {"/kubepods/burstable/podX", QosClass::kBurstable},
      {"/kubepods/podX", QosClass::kGuaranteed},
      {"/kubepods/besteffort/podA", QosClass::kBestEffort},
      {"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podX.slice", QosClass::kBestEffort},
      {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podA.slice", QosClass::kBurstable},
      {"/kubepods.slice/kubepods-podA.slice", QosClass::kGuaranteed},
      {"/burstable-root/kubepods/podX", QosClass::kGuaranteed},
      {"/nodes/kubepods/burstable/podA", QosClass::kBurstable},
      {"/a/b/c/kubepods/burstable/podA", QosClass::kBurstable},
      {"/root.slice/kubepods.slice/kubepods-besteffort.slice/x", QosClass::kBestEffort},
      {"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/x-podA.slice",
       QosClass::kBurstable},
      {"kubepods-besteffort-podA.slice", QosClass::kBestEffort},
      {"kubepods-podA.slice", QosClass::kGuaranteed},
      {"", QosClass::kUnknown},
      {"/", QosClass::kUnknown},
      {"/foo/bar", QosClass::kUnknown},
      {"/kubepods.slice", QosClass::kUnknown},
      {"/system.slice", QosClass::kUnknown},
      {"/burstable/podX", QosClass::kUnknown},
      {"/mykubepods/burstable/podX", QosClass::kUnknown},
  };
  for (const auto& [parent, qos] : cases) {
    EXPECT_EQ(QosClassName(QosFromCgroupParent(parent)), QosClassName(qos)) << parent;
  }
}

LinuxResources Resources(int64_t shares, int64_t quota, int64_t memory) {
  LinuxResources resources;
  resources.cpu_shares = shares;
  resources.cpu_quota = quota;
  resources.cpu_period = quota == 0 ? 0 : 100000;
  resources.memory_limit_bytes = memory;
  return resources;
}

TEST(EstimateRequirements, OfABurstableContainer) {
  const Requirements r = EstimateRequirements(Resources(512, 100000, 536870912), QosClass::kBurstable, 0);
  EXPECT_EQ(r.cpu_request_milli, 500);
  EXPECT_EQ(r.cpu_limit_milli, 1000);
  EXPECT_EQ(r.memory_request_bytes, std::nullopt);
  EXPECT_EQ(r.memory_limit_bytes, 536870912);
}

TEST(EstimateRequirements, LimitsOfAGuaranteedContainerAreItsRequests) {
  const Requirements r = EstimateRequirements(Resources(2048, 200000, 1073741824), QosClass::kGuaranteed, 0);
  EXPECT_EQ(r.cpu_request_milli, 2000);
  EXPECT_EQ(r.cpu_limit_milli, 2000);
  EXPECT_EQ(r.memory_request_bytes, 1073741824);
  EXPECT_EQ(r.memory_limit_bytes, 1073741824);
}

TEST(EstimateRequirements, NothingIsStatedForBestEffort) {
  for (const LinuxResources& resources : {Resources(2, 0, 0), LinuxResources()}) {
    const Requirements r = EstimateRequirements(resources, QosClass::kBestEffort, int64_t{8} << 30);
    EXPECT_EQ(r.cpu_request_milli, std::nullopt);
    EXPECT_EQ(r.cpu_limit_milli, std::nullopt);
    EXPECT_EQ(r.memory_request_bytes, std::nullopt);
    EXPECT_EQ(r.memory_limit_bytes, std::nullopt);
  }
}

TEST(EstimateRequirements, UnlimitedQuotaIsNoLimit) {
  LinuxResources resources = Resources(1024, 0, 0);
  resources.cpu_quota = -1;
  resources.cpu_period = 100000;
  EXPECT_EQ(EstimateRequirements(resources, QosClass::kBurstable, 0).cpu_limit_milli, std::nullopt);
}

TEST(EstimateRequirements, InvertsTheOomScoreOfBurstableContainers) {
  const int64_t capacity = 8349908 * int64_t{1024};
  for (const int64_t adj : {3, 4, 500, 998, 999}) {
    LinuxResources resources;
    resources.oom_score_adj = adj;
    const Requirements r = EstimateRequirements(resources, QosClass::kBurstable, capacity);
    ASSERT_TRUE(r.memory_request_bytes.has_value());
    const __int128 request = *r.memory_request_bytes;
    EXPECT_EQ(1000 - static_cast<int64_t>(1000 * request / capacity), adj);
    EXPECT_NE(1000 - static_cast<int64_t>(1000 * (request - 1) / capacity), adj) << "not the smallest";
  }
}

TEST(EstimateRequirements, UsesTheOomScoreOnlyWhereItTellsSomething) {
  LinuxResources resources;
  for (const int64_t adj : {-997, 0, 2, 1000}) {
    resources.oom_score_adj = adj;
    EXPECT_EQ(EstimateRequirements(resources, QosClass::kBurstable, 1 << 30).memory_request_bytes,
              std::nullopt);
  }
  resources.oom_score_adj = 500;
  EXPECT_EQ(EstimateRequirements(resources, QosClass::kBestEffort, 1 << 30).memory_request_bytes,
            std::nullopt);
  resources.memory_limit_bytes = 1 << 20;  // below half of the machine
  EXPECT_EQ(EstimateRequirements(resources, QosClass::kBurstable, 1 << 30).memory_request_bytes,
            std::nullopt);
}

TEST(EffectiveAnnotation, TheNarrowestScopeWinsEvenWhenEmpty) {
  Pod pod;
  pod.annotations = {{"k/container.c1", "A"}, {"k/pod", "B"}, {"k", "C"}, {"e/container.c1", ""}, {"e", "X"}};
  EXPECT_EQ(*EffectiveAnnotation(pod, "k", "c1"), "A");
  EXPECT_EQ(*EffectiveAnnotation(pod, "k", "c2"), "B");
  pod.annotations.erase("k/pod");
  EXPECT_EQ(*EffectiveAnnotation(pod, "k", "c2"), "C");
  EXPECT_EQ(*EffectiveAnnotation(pod, "e", "c1"), "");
  EXPECT_EQ(EffectiveAnnotation(pod, "missing", "c1"), nullptr);
}

TEST(PrettyName, FallsBackToTheSandboxId) {
  Pod pod;
  Container container;
  container.name = "c";
  container.pod_id = "sandbox";
  EXPECT_EQ(PrettyName(pod, container), "sandbox:c");
  pod.name = "p";
  EXPECT_EQ(PrettyName(pod, container), "p:c");
}

}  // namespace
}  // namespace crm::model
