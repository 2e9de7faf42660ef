// Spec 30 section 15.8.
#include "policies/topology_aware/request.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policies/topology_aware/annotations.h"
#include "policies/topology_aware/testing_node.h"

namespace crm::policies::topology_aware {
namespace {

using Annotations_ = std::map<std::string, std::string>;

constexpr char kIsolated[] = "prefer-isolated-cpus.cri-resource-manager.intel.com";
constexpr char kShared[] = "prefer-shared-cpus.cri-resource-manager.intel.com";
constexpr char kReserved[] = "prefer-reserved-cpus.cri-resource-manager.intel.com";
constexpr char kMemoryType[] = "memory-type.cri-resource-manager.intel.com";

PoolRequest Make(const Ask& ask, const config::TopologyAwareOptions& options = {},
                 const std::string& container = "c0") {
  const hardware::Machine machine = *hardware::Synthetic(kN4C16);
  const PoolTree tree(machine, {machine.online, {}, {0}});
  model::Pod pod;
  pod.name = "p";
  pod.ns = ask.ns;
  pod.qos = ask.qos;
  pod.annotations = ask.annotations;
  model::Container made;
  made.name = container;
  if (ask.milli > 0) made.requirements.cpu_request_milli = ask.milli;
  if (ask.memory > 0) made.requirements.memory_limit_bytes = ask.memory;
  return MakePoolRequest({pod, made}, options, tree);
}

Ask With(Ask ask, Annotations_ annotations) {
  ask.annotations = std::move(annotations);
  return ask;
}

Ask In(Ask ask, std::string ns) {
  ask.ns = std::move(ns);
  return ask;
}

std::string Shape(const PoolRequest& request) {
  return std::to_string(request.full) + "," + std::to_string(request.fraction) + "," +
         (request.isolate ? "isolate" : "no") + "," +
         (request.type == CpuType::kReserved ? "reserved" : "normal");
}

TEST(PoolRequest, SplitsTheCpuRequest) {
  config::TopologyAwareOptions share;
  share.prefer_shared_cpus = true;
  EXPECT_EQ(Shape(Make(B(2000))), "0,2000,no,normal");
  Ask best_effort = E();
  best_effort.milli = 700;
  EXPECT_EQ(Shape(Make(best_effort)), "0,0,no,normal");
  EXPECT_EQ(Shape(Make(G(750))), "0,750,no,normal");
  EXPECT_EQ(Shape(Make(G(1000))), "1,0,isolate,normal");
  EXPECT_EQ(Shape(Make(G(1000), share)), "1,0,isolate,normal");
  EXPECT_EQ(Shape(Make(With(G(1000), {{kShared, "true"}}))), "0,1000,no,normal");
  EXPECT_EQ(Shape(Make(With(G(1000), {{kIsolated, "false"}}))), "1,0,no,normal");
  EXPECT_EQ(Shape(Make(G(1500))), "1,500,isolate,normal");
  EXPECT_EQ(Shape(Make(G(1500), share)), "0,1500,no,normal");
  EXPECT_EQ(Shape(Make(G(2000))), "2,0,no,normal");
  EXPECT_EQ(Shape(Make(With(G(2000), {{kIsolated, "true"}}))), "2,0,isolate,normal");
  EXPECT_EQ(Shape(Make(G(2500))), "0,2500,no,normal");
  EXPECT_EQ(Shape(Make(With(G(2500), {{kIsolated, "true"}}))), "0,2500,no,normal");
  EXPECT_EQ(Shape(Make(With(G(2500), {{kShared, "false"}}))), "2,500,no,normal");
  EXPECT_EQ(Shape(Make(With(G(2500), {{kShared, "false"}, {kIsolated, "true"}}))), "2,500,isolate,normal");
}

TEST(PoolRequest, InvalidAnnotationsAreIgnoredAndTold) {
  const PoolRequest request = Make(With(G(1000), {{kShared, "maybe"}}));
  EXPECT_EQ(Shape(request), "1,0,isolate,normal");
  EXPECT_EQ(request.note,
            std::string("annotation ") + kShared + " is ignored: \"maybe\" is neither true nor false");
}

TEST(PoolRequest, ReservedByNamespaceOrAnnotation) {
  config::TopologyAwareOptions infra;
  infra.reserved_pool_namespaces = {"infra-?"};
  EXPECT_EQ(Shape(Make(In(B(300), "infra-1"), infra)), "0,300,no,reserved");
  EXPECT_EQ(Shape(Make(In(G(300), "infra-1"), infra)), "0,300,no,reserved");
  EXPECT_EQ(Shape(Make(In(B(300), "infra-12"), infra)), "0,300,no,normal");
  EXPECT_EQ(Shape(Make(In(B(300), "kube-system"), infra)), "0,300,no,reserved") << "always counts";
  EXPECT_EQ(Shape(Make(With(G(1500), {{kReserved, "true"}}))), "0,1500,no,reserved");
  const PoolRequest opted_out = Make(In(With(B(300), {{kReserved, "false"}}), "kube-system"));
  EXPECT_EQ(Shape(opted_out), "0,300,no,normal");
  EXPECT_TRUE(opted_out.at_root);
  EXPECT_FALSE(Make(In(With(B(300), {{kReserved, "false"}}), "infra-1"), infra).at_root);
  EXPECT_EQ(Shape(Make(In(With(B(300), {{kReserved, "perhaps"}}), "kube-system"))), "0,300,no,reserved");
}

TEST(PoolRequest, TheNarrowestAnnotationCounts) {
  const Annotations_ annotations = {{std::string(kShared) + "/container.c0", "true"}, {kShared, "false"}};
  EXPECT_EQ(Shape(Make(With(G(1000), annotations))), "0,1000,no,normal");
  EXPECT_EQ(Shape(Make(With(G(1000), annotations), {}, "c1")), "1,0,isolate,normal");
}

TEST(PoolRequest, DeprecatedAnnotations) {
  const std::string domain = "cri-resource-manager.intel.com/";
  const Ask isolated = With(G(1000), {{domain + "prefer-isolated-cpus", "c0: false"}});
  EXPECT_EQ(Shape(Make(isolated)), "1,0,no,normal");
  EXPECT_THAT(Make(isolated).note, testing::HasSubstr(kIsolated));
  EXPECT_EQ(Shape(Make(isolated, {}, "c1")), "1,0,isolate,normal");
  const Ask pmem = With(G(1000), {{domain + "memory-type", "pmem"}});
  EXPECT_EQ(Make(pmem).memory_types, kPmem);
  EXPECT_EQ(Make(pmem, {}, "c1").memory_types, kPmem);
  const Ask both = With(G(1000), {{domain + "prefer-shared-cpus", "true"}, {kShared, "false"}});
  EXPECT_EQ(Shape(Make(both)), "1,0,isolate,normal");
  for (const char* broken : {"[", "{a: [", "- x", "maybe"}) {
    EXPECT_EQ(Shape(Make(With(G(1000), {{domain + "prefer-shared-cpus", broken}}))), "1,0,isolate,normal");
  }
}

TEST(PoolRequest, MemoryTypes) {
  EXPECT_EQ(ParseMemoryTypes("dram, PMEM"), kDram | kPmem);
  EXPECT_EQ(ParseMemoryTypes("mixed"), kAllMemory);
  EXPECT_EQ(ParseMemoryTypes("dram,,pmem"), std::nullopt);
  EXPECT_EQ(ParseMemoryTypes(""), std::nullopt);
  EXPECT_EQ(Make(With(G(1), {{kMemoryType, "dram"}})).memory_types, kDram);
  const PoolRequest unknown = Make(With(G(1), {{kMemoryType, "flash"}}));
  EXPECT_EQ(unknown.memory_types, kAllMemory);
  EXPECT_TRUE(unknown.any_memory);
  EXPECT_THAT(unknown.note, testing::HasSubstr("\"flash\""));
}

TEST(PoolRequest, BooksMemoryByQos) {
  EXPECT_EQ(Make(G(1000)).memory_bytes, 100'000'000);
  EXPECT_EQ(Make(B(1000)).memory_bytes, 100'000'000);
  Ask best_effort = E();
  best_effort.memory = 5;
  EXPECT_EQ(Make(best_effort).memory_bytes, 0);
}

}  // namespace
}  // namespace crm::policies::topology_aware
