#include "state/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crm::state {
namespace {

using ::testing::HasSubstr;

State Example() {
  State state;
  model::Pod pod;
  pod.id = "p1";
  pod.uid = "u1";
  pod.name = "web";
  pod.ns = "shop";
  pod.qos = model::QosClass::kGuaranteed;
  pod.annotations = {{"bytes", "\xff\xfe"}};
  state.pods["p1"] = pod;
  ContainerRecord record;
  record.container.cache_id = "u1:c";
  record.container.id = "c1";
  record.container.pod_id = "p1";
  record.container.name = "c";
  record.container.state = model::ContainerState::kRunning;
  record.container.asked.cpu_shares = 1024;
  record.container.requirements.cpu_request_milli = 1000;
  record.assignment = {CpuSet{2, 3}, CpuSet{0}, 1024};
  record.reason = {"root", "exclusive", "because"};
  state.containers["u1:c"] = record;
  state.config = AgentConfig{"n1", {{"policy", "Active: topology-aware\n"}}};
  state.policy = "topology-aware";
  state.grants = R"({"u1:c":{}})";
  return state;
}

TEST(StoreTest, WhatIsSavedIsLoaded) {
  FakeFileSystem fs;
  Store store(fs, {"/s"});
  ASSERT_TRUE(store.Save(Example()).ok());
  const auto loaded = store.Load("t");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->notice, "");
  const State& state = loaded->state;
  ASSERT_EQ(state.containers.size(), 1u);
  const ContainerRecord& record = state.containers.at("u1:c");
  EXPECT_EQ(record.assignment, Example().containers.at("u1:c").assignment);
  EXPECT_EQ(record.container.requirements.cpu_request_milli, 1000);
  EXPECT_EQ(record.container.state, model::ContainerState::kRunning);
  EXPECT_EQ(record.reason.kind, "exclusive");
  EXPECT_EQ(state.pods.at("p1").qos, model::QosClass::kGuaranteed);
  EXPECT_EQ(state.config->data.at("policy"), "Active: topology-aware\n");
  EXPECT_EQ(state.policy, "topology-aware");
  EXPECT_EQ(state.grants, R"({"u1:c":{}})");
}

TEST(StoreTest, MissingOrEmptyFileIsTheEmptyState) {
  FakeFileSystem fs(FakeFileSystem::Files{{"/empty/cache", ""}});
  for (const char* directory : {"/none", "/empty"}) {
    const auto loaded = Store(fs, {directory}).Load("t");
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(loaded->notice, "");
    EXPECT_TRUE(loaded->state.pods.empty());
  }
}

TEST(StoreTest, OneFlippedByteSetsTheFileAside) {
  const std::string good = Store::Serialize(Example());
  for (size_t at : {good.find("u1:c"), good.find("1024"), good.size() - 4}) {
    std::string bad = good;
    bad[at] ^= 1;
    FakeFileSystem fs(FakeFileSystem::Files{{"/s/cache", bad}});
    const auto loaded = Store(fs, {"/s"}).Load("t");
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_THAT(loaded->notice, HasSubstr("/s/cache.bad-t"));
    EXPECT_TRUE(loaded->state.containers.empty());
    EXPECT_TRUE(fs.Exists("/s/cache.bad-t"));
    EXPECT_FALSE(fs.Exists("/s/cache"));
  }
}

TEST(StoreTest, TruncatedAndForeignFilesAreSetAside) {
  const std::string good = Store::Serialize(Example());
  for (const std::string& text : {good.substr(0, good.size() / 2), std::string("[]"), std::string("{}"),
                                  std::string(R"({"Version":"9"})"), std::string(R"({"Version":1})"),
                                  std::string(R"({"Version":"1","Containers":{"x":{"CacheID":5}}})")}) {
    FakeFileSystem fs(FakeFileSystem::Files{{"/s/cache", text}});
    const auto loaded = Store(fs, {"/s"}).Load("t");
    ASSERT_TRUE(loaded.ok()) << text << loaded.status();
    EXPECT_NE(loaded->notice, "") << text;
  }
}

// The Go original's file has no checksum and members of its own.
TEST(StoreTest, ReadsTheOriginalsFile) {
  const auto state = Store::Parse(
      R"({"Version":"1","Pods":{"p":{"ID":"p","UID":"u","Name":"n","Namespace":"ns","State":0,"QOSClass":"Burstable",
      "Labels":null,"Annotations":{"a":"b"},"CgroupParent":"/kubepods/burstable/podu","Resources":null}},
      "Containers":{"u:c":{"ID":"i","PodID":"p","CacheID":"u:c","Name":"c","Namespace":"ns","State":1,"Labels":{},
      "LinuxReq":{"cpu_shares":512,"cpuset_cpus":"1"},"Env":null}},"NextID":7,
      "Cfg":{"NodeName":"n1","Data":{"policy":"Active: none"}},"PolicyName":"none","PolicyJSON":{"allocations":"{}"}})");
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->containers.at("u:c").container.asked.cpu_shares, 512);
  EXPECT_EQ(state->pods.at("p").qos, model::QosClass::kBurstable);
  EXPECT_EQ(state->grants, "{}");
}

TEST(StoreTest, AFullDiskIsReportedWithThePath) {
  FakeFileSystem fs;
  fs.FailWritesForTest(absl::ResourceExhaustedError("No space left on device"));
  const absl::Status status = Store(fs, {"/s"}).Save(Example());
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("/s/cache"));
}

}  // namespace
}  // namespace crm::state
