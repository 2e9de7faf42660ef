// The v1.Config service over its socket: spec 10 sections 3.3, 7.1, 8.2.
#include "doors/config/config_server.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "enforce/fake_runtime_for_test.h"
#include "engine/fake_policy_for_test.h"
#include "resmgr/config.grpc.pb.h"

namespace crm::doors::config {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ConfigServerTest : public ::testing::Test {
 protected:
  ConfigServerTest() {
    std::string folder = ::testing::TempDir() + "config_server.XXXXXX";
    EXPECT_NE(mkdtemp(folder.data()), nullptr);
    socket_ = folder + "/sub/config.sock";
    registry_.Register("topology-aware", "fake", engine::FakePolicyForTest::Make);
    engine::EngineOptions options;
    options.runtime = &runtime_;
    options.world.registry = &registry_;
    options.world.store = &store_;
    options.world.machine.online = CpuSet::Range(0, 7);
    options.world.machine.nodes.resize(1);
    options.world.fallback_config =
        "policy: {Active: topology-aware, ReservedResources: {CPU: \"cpuset:0\"}}";
    engine_ = std::make_unique<engine::Engine>(std::move(options));
    EXPECT_TRUE(engine_->Start("t").ok());
    absl::StatusOr<std::unique_ptr<ConfigServer>> server = ConfigServer::Start(socket_, *engine_);
    EXPECT_TRUE(server.ok()) << server.status();
    if (server.ok()) server_ = *std::move(server);
    stub_ = v1::Config::NewStub(grpc::CreateChannel("unix:" + socket_, grpc::InsecureChannelCredentials()));
  }

  std::string SetConfig(const std::map<std::string, std::string>& data) {
    grpc::ClientContext context;
    v1::SetConfigRequest request;
    request.mutable_config()->insert(data.begin(), data.end());
    v1::SetConfigReply reply;
    EXPECT_TRUE(stub_->SetConfig(&context, request, &reply).ok());
    return reply.error();
  }

  grpc::Status SetAdjustment(const std::string& payload, v1::SetAdjustmentReply* reply) {
    grpc::ClientContext context;
    v1::SetAdjustmentRequest request;
    request.set_adjustment(payload);
    return stub_->SetAdjustment(&context, request, reply);
  }

  FakeFileSystem fs_;
  state::Store store_{fs_, {"/s"}};
  placement::PolicyRegistry registry_;
  enforce::FakeRuntimeForTest runtime_;
  std::string socket_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<ConfigServer> server_;
  std::unique_ptr<v1::Config::Stub> stub_;
};

TEST_F(ConfigServerTest, AnswersWhenTheConfigurationIsInForceOrRefused) {
  EXPECT_EQ(SetConfig({{"policy", "Active: topology-aware\nReservedResources: {CPU: 1}"}}), "");
  std::string source;
  engine_->Inspect([&](const engine::World& world) { source = world.config_source(); });
  EXPECT_EQ(source, "agent");
  EXPECT_THAT(
      SetConfig({{"policy", "active: none"}}),
      StartsWith("failed to apply configuration: resource-manager: configuration rejected: config error: "));
}

TEST_F(ConfigServerTest, AnswersAdjustments) {
  v1::SetAdjustmentReply reply;
  EXPECT_TRUE(SetAdjustment("{}", &reply).ok());
  EXPECT_TRUE(reply.errors().empty());
  EXPECT_TRUE(SetAdjustment(R"({"a": {"toptierLimit": "-1"}})", &reply).ok());
  ASSERT_EQ(reply.errors().size(), 1U);
  EXPECT_EQ(reply.errors().at("a"), "adjustment API error: invalid ToptierLimit -1");
  const grpc::Status status = SetAdjustment("nonsense", &reply);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_THAT(status.error_message(), StartsWith("failed to decode SetAdjustment request: "));
}

// D-07. A second instance that was refused took the first one's socket away with it.
TEST_F(ConfigServerTest, TheSocketIsOursAlone) {
  struct stat info = {};
  ASSERT_EQ(stat(socket_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_THAT(std::string(ConfigServer::Start(socket_, *engine_).status().message()),
              HasSubstr("already exists"));
  EXPECT_EQ(SetConfig({{"policy", "Active: topology-aware\nReservedResources: {CPU: 1}"}}), "");
}

}  // namespace
}  // namespace crm::doors::config
