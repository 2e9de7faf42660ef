#include "kube/heartbeat.h"

#include <string>

#include "absl/synchronization/blocking_counter.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kube/objects.h"
#include "kube/scripted_server_for_test.h"
#include "kube/testing/embedded_server.h"
#include "nlohmann/json.hpp"

namespace crm::kube {
namespace {

using ::testing::HasSubstr;

HeartbeatOptions Options(const Clock* clock = &RealClock()) {
  HeartbeatOptions options;
  options.ns = "garden";
  options.name = "gardener-extension-heartbeat";
  options.holder = "cri-resmgr";
  options.clock = clock;
  return options;
}

class HeartbeatTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = testing::EmbeddedServer::Start({});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    client_ = *Client::Create(server_->client_config());
    Json ns = {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "garden"}}}};
    ASSERT_TRUE(client_->Create(resources::kNamespaces, "", ns).ok());
  }
  Json Lease() {
    auto lease = client_->Get(resources::kLeases, "garden", "gardener-extension-heartbeat");
    return lease.ok() ? *std::move(lease) : Json();
  }

  FakeClock clock_;
  std::unique_ptr<testing::EmbeddedServer> server_;
  std::unique_ptr<Client> client_;
};

// Spec 60, test vector 56.
TEST_F(HeartbeatTest, TwoBeatsRenewOneLease) {
  auto heartbeat = *Heartbeat::Create(*client_, Options(&clock_));
  ASSERT_TRUE(heartbeat->Beat().ok());
  const Json first = Lease();
  EXPECT_EQ(first["spec"], Json::parse(R"({"holderIdentity":"cri-resmgr","leaseDurationSeconds":30,
      "renewTime":"2024-05-01T10:00:00.000000Z"})"));
  clock_.Advance(absl::Seconds(30) + absl::Microseconds(5));
  ASSERT_TRUE(heartbeat->Beat().ok());
  const Json second = Lease();
  EXPECT_EQ(Uid(second), Uid(first));
  EXPECT_EQ(second["spec"]["renewTime"], "2024-05-01T10:00:30.000005Z");
  EXPECT_EQ(second["spec"]["leaseDurationSeconds"], 30);
}

// Spec 60, test vector 56: an interval of 0 is an error at the start.
TEST_F(HeartbeatTest, RefusesOptionsThatCannotWork) {
  auto refused = [&](auto change) {
    HeartbeatOptions options = Options();
    change(options);
    absl::Status status = Heartbeat::Create(*client_, options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(Message(status));
  };
  EXPECT_THAT(refused([](auto& o) { o.interval = absl::ZeroDuration(); }),
              HasSubstr("interval 0; expected one second or more"));
  EXPECT_THAT(refused([](auto& o) { o.interval = absl::Seconds(-1); }), HasSubstr("interval -1s"));
  EXPECT_THAT(refused([](auto& o) { o.ns = ""; }), HasSubstr("no namespace given"));
  EXPECT_THAT(refused([](auto& o) { o.name = ""; }), HasSubstr("no name given"));
  EXPECT_THAT(refused([](auto& o) { o.holder = ""; }), HasSubstr("no holder given"));
}

TEST_F(HeartbeatTest, SaysWhatWentWrong) {
  server_->InjectFault({"PATCH", "", 403, 1});
  auto heartbeat = *Heartbeat::Create(*client_, Options(&clock_));
  absl::Status status = heartbeat->Beat();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(Message(status)), HasSubstr("Lease garden/gardener-extension-heartbeat: "));
  EXPECT_TRUE(heartbeat->Beat().ok());
}

// Another replica created the Lease between our patch and our create.
TEST_F(HeartbeatTest, ALeaseCreatedMeanwhileIsPatched) {
  int patches = 0;
  ScriptedServer server([&](ScriptedServer::Exchange& exchange) {
    if (exchange.request().method == "POST") {
      exchange.Reply(409, R"({"kind":"Status","code":409,"reason":"AlreadyExists"})");
    } else {
      patches++ == 0 ? exchange.Reply(404, "{}") : exchange.Reply(200, "{}");
    }
  });
  ClientConfig config;
  config.server = server.url();
  auto client = *Client::Create(config);
  EXPECT_TRUE((*Heartbeat::Create(*client, Options()))->Beat().ok());
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(HeartbeatTest, TheThreadBeatsAtOnceAndTriesAgainAfterErrors) {
  absl::BlockingCounter beats(3);
  int n = 0;
  ScriptedServer server([&](ScriptedServer::Exchange& exchange) {
    if (++n <= 3) {
      n < 3 ? exchange.Reply(503, "busy") : exchange.Reply(200, "{}");
      beats.DecrementCount();
    } else {
      exchange.AwaitPeerEnd();
    }
  });
  ClientConfig config;
  config.server = server.url();
  auto client = *Client::Create(config);
  HeartbeatOptions options = Options();
  options.min_backoff = absl::Milliseconds(1);
  auto heartbeat = *Heartbeat::Create(*client, options);
  heartbeat->Start();
  beats.Wait();
  heartbeat->Stop();
  heartbeat->Stop();
}

TEST_F(HeartbeatTest, StopsWhileTheServerHangs) {
  absl::BlockingCounter asked(1);
  ScriptedServer server([&](ScriptedServer::Exchange& exchange) {
    asked.DecrementCount();
    exchange.AwaitPeerEnd();
  });
  ClientConfig config;
  config.server = server.url();
  auto client = *Client::Create(config);
  auto heartbeat = *Heartbeat::Create(*client, Options());
  heartbeat->Start();
  asked.Wait();
  heartbeat->Stop();
}

}  // namespace
}  // namespace crm::kube
