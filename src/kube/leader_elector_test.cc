#include <string>

#include "absl/synchronization/notification.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kube/leader_election.h"
#include "kube/scripted_server_for_test.h"

namespace crm::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(LeaderElectorTest, StopsWhileTheServerHangs) {
  absl::Notification asked;
  ScriptedServer server([&](ScriptedServer::Exchange& exchange) {
    asked.Notify();
    exchange.AwaitPeerEnd();
  });
  ClientConfig config;
  config.server = server.url();
  auto client = *Client::Create(config);
  LeaderElectionOptions options;
  options.ns = "garden";
  options.name = "lock";
  auto elector = *LeaderElector::Create(*client, options, {});
  elector->Start();
  asked.WaitForNotification();
  elector->Stop();
  EXPECT_EQ(server.requests().size(), 1u);  // nothing was written, hence nothing is handed back
  elector->Start();                         // once stopped, stays stopped
}

TEST(LeaderElectorTest, RefusesOptionsThatCannotWork) {
  ClientConfig config;
  config.server = "http://127.0.0.1:1";
  auto client = *Client::Create(config);
  auto refused = [&](auto change) {
    LeaderElectionOptions options;
    options.ns = "garden";
    options.name = "lock";
    change(options);
    absl::Status status = LeaderElector::Create(*client, options, {}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(Message(status));
  };
  EXPECT_THAT(refused([](auto& o) { o.name = ""; }), HasSubstr("no Lease name"));
  EXPECT_THAT(refused([](auto& o) { o.ns = ""; }), HasSubstr("no namespace given for Lease \"lock\""));
  EXPECT_THAT(refused([](auto& o) { o.lease_duration = absl::Seconds(10); }),
              HasSubstr("lease duration 10s, renew deadline 10s, retry period 2s; expected"));
  EXPECT_THAT(refused([](auto& o) { o.retry_period = absl::Seconds(10); }), HasSubstr("retry period 10s"));
  EXPECT_THAT(refused([](auto& o) { o.retry_period = absl::ZeroDuration(); }), HasSubstr("above zero"));
}

TEST(LeaderElectorTest, IdentitiesAreHostAndRandomUuid) {
  const std::string one = NewLeaderIdentity();
  EXPECT_THAT(one, MatchesRegex(".+_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(one, NewLeaderIdentity());
}

}  // namespace
}  // namespace crm::kube
