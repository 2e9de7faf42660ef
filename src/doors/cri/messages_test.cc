#include "doors/cri/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "cri/runtime/v1/api.pb.h"

namespace crm::doors::cri {
namespace {

namespace v1 = ::runtime::v1;

std::string Hex(const char* hex) { return absl::HexStringToBytes(hex); }

// Spec 11, vector C9.
TEST(MessagesTest, CreateContainerTellsPodAndName) {
  const auto decoded =
      DecodeCreateContainer(Hex("0a02703112070a050a016310011a0f0a0d0a03776562120275311a026e73"));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->pod.id, "p1");
  EXPECT_EQ(decoded->pod.name, "web");
  EXPECT_EQ(decoded->pod.uid, "u1");
  EXPECT_EQ(decoded->pod.ns, "ns");
  EXPECT_EQ(decoded->container.name, "c");
}

TEST(MessagesTest, CreateContainerWithoutANameOrBrokenIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeCreateContainer(Hex("0a027031")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeCreateContainer("\xff\xff\xff").status()));
}

// Spec 11, vector C16: the concatenation decodes to the merged message.
TEST(MessagesTest, AnOverlayBehindTheRequestChangesOnlyWhatWasDecided) {
  const std::string base = Hex("0a02703112130a050a016310017a0a0a081880043203302d37");
  const std::string merged = base + CreateContainerOverlay({CpuSet{2, 3}, CpuSet{0}, std::nullopt});
  v1::CreateContainerRequest request;
  ASSERT_TRUE(request.ParseFromString(merged));
  EXPECT_EQ(request.config().linux().resources().cpuset_cpus(), "2-3");
  EXPECT_EQ(request.config().linux().resources().cpuset_mems(), "0");
  EXPECT_EQ(request.config().linux().resources().cpu_shares(), 512);
  EXPECT_EQ(request.config().metadata().name(), "c");
  EXPECT_EQ(request.config().metadata().attempt(), 1u);
}

// Spec 11, vectors C11 and C28: fields that we do not know survive at every level, byte for byte.
TEST(MessagesTest, UnknownFieldsSurviveAChange) {
  v1::CreateContainerRequest request;
  const std::string unknown = Hex("ca3e026869");  // field 1001 "hi"
  ASSERT_TRUE(request.MergeFromString(unknown));
  ASSERT_TRUE(request.mutable_config()->MergeFromString(unknown));
  ASSERT_TRUE(request.mutable_config()->mutable_linux()->MergeFromString(unknown));
  ASSERT_TRUE(request.mutable_config()->mutable_linux()->mutable_resources()->MergeFromString(unknown));
  ASSERT_TRUE(request.mutable_config()->add_mounts()->MergeFromString(unknown));
  v1::CreateContainerRequest changed;
  ASSERT_TRUE(
      changed.ParseFromString(request.SerializeAsString() + CreateContainerOverlay({CpuSet{1}, {}, {}})));
  EXPECT_EQ(changed.config().linux().resources().cpuset_cpus(), "1");
  changed.mutable_config()->mutable_linux()->mutable_resources()->clear_cpuset_cpus();
  EXPECT_EQ(changed.SerializeAsString(), request.SerializeAsString());
}

TEST(MessagesTest, NothingDecidedIsNoOverlay) {
  EXPECT_EQ(CreateContainerOverlay({}), "");
  EXPECT_EQ(UpdateOverlay({}), "");
}

// Spec 11, vectors C5 and C40.
TEST(MessagesTest, AnUpdateKeepsItsFieldsAndGetsThePolicysCpus) {
  const std::string asked = Hex("0a02633112073205302c322d33");
  const auto decoded = DecodeUpdate(asked);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->id, "c1");
  EXPECT_EQ(decoded->asked.cpuset_cpus, "0,2-3");
  v1::UpdateContainerResourcesRequest merged;
  ASSERT_TRUE(merged.ParseFromString(asked + UpdateOverlay({CpuSet{5}, std::nullopt, std::nullopt})));
  EXPECT_EQ(merged.container_id(), "c1");
  EXPECT_EQ(merged.linux().cpuset_cpus(), "5");
}

// Spec 11, vectors C6 and C7.
TEST(MessagesTest, OnlyAListWithoutFilterIsComplete) {
  EXPECT_TRUE(IsFullList(""));
  EXPECT_TRUE(IsFullList(Hex("0a00")));
  EXPECT_FALSE(IsFullList(Hex("0a021200")));
  EXPECT_FALSE(IsFullList(Hex("0a0412020801")));
  EXPECT_FALSE(IsFullList(Hex("0a1d221b0a15696f2e6b756265726e657465732e706f642e75696412027531")));
  EXPECT_FALSE(IsFullList("\xff"));
}

// Spec 11, vector C13.
TEST(MessagesTest, AListTellsStates) {
  const auto list = DecodeList(Hex("0a110a026331120270311a030a016330023801"));
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ((*list)[0].id, "c1");
  EXPECT_EQ((*list)[0].pod_id, "p1");
  EXPECT_EQ((*list)[0].state, model::ContainerState::kExited);
}

// Spec 11, vector C30: an environment value that is not UTF-8 does not fail the call.
TEST(MessagesTest, BytesThatAreNotUtf8PassWhereWeDoNotLook) {
  std::string request = Hex("0a02703112070a050a016310011a0f0a0d0a03776562120275311a026e73");
  request += Hex("120932070a014b1202ff00");
  EXPECT_TRUE(DecodeCreateContainer(request).ok());
}

}  // namespace
}  // namespace crm::doors::cri
