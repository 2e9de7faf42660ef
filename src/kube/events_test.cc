#include "kube/events.h"

#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kube/event_correlator.h"
#include "kube/objects.h"
#include "kube/scripted_server_for_test.h"
#include "kube/testing/embedded_server.h"
#include "nlohmann/json.hpp"

namespace crm::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr absl::Duration kPatience = absl::Seconds(60);  // only a failure waits so long

ObjectReference Extension() {
  return {
      "extensions.gardener.cloud/v1alpha1", "Extension", "shoot--a--b", "cri-resmgr-extension", "u-1", "7"};
}

class EventCorrelatorTest : public ::testing::Test {
 protected:
  std::optional<EventWrite> Tell(const std::string& message, ObjectReference about = Extension()) {
    return correlator_.Correlate({std::move(about), EventType::kWarning, "Failed", message, now_});
  }
  EventCorrelator correlator_{"cri-resmgr", "h"};
  absl::Time now_ = absl::FromUnixSeconds(1714557600);
};

TEST_F(EventCorrelatorTest, AnEventHasTheMembersThatPeopleLookFor) {
  auto write = Tell("it broke");
  ASSERT_TRUE(write.has_value());
  EXPECT_FALSE(write->known);
  const std::string name(Name(write->event));
  EXPECT_THAT(name, StartsWith("cri-resmgr-extension."));
  EXPECT_EQ(name.size(), std::string("cri-resmgr-extension.").size() + 16);
  write->event["metadata"].erase("name");
  EXPECT_EQ(write->event, Json::parse(R"({
      "apiVersion": "v1", "kind": "Event", "metadata": {"namespace": "shoot--a--b"},
      "involvedObject": {"apiVersion": "extensions.gardener.cloud/v1alpha1", "kind": "Extension",
        "namespace": "shoot--a--b", "name": "cri-resmgr-extension", "uid": "u-1", "resourceVersion": "7"},
      "type": "Warning", "reason": "Failed", "message": "it broke", "count": 1,
      "source": {"component": "cri-resmgr", "host": "h"},
      "reportingComponent": "cri-resmgr", "reportingInstance": "h",
      "firstTimestamp": "2024-05-01T10:00:00Z", "lastTimestamp": "2024-05-01T10:00:00Z"})"));
}

TEST_F(EventCorrelatorTest, TheSameWordsAreCounted) {
  auto first = Tell("it broke");
  now_ += absl::Seconds(5);
  auto second = Tell("it broke");
  ASSERT_TRUE(second.has_value());
  EXPECT_TRUE(second->known);
  EXPECT_EQ(second->event["metadata"], first->event["metadata"]);
  EXPECT_EQ(second->event["count"], 2);
  EXPECT_EQ(second->event["firstTimestamp"], "2024-05-01T10:00:00Z");
  EXPECT_EQ(second->event["lastTimestamp"], "2024-05-01T10:00:05Z");
  ObjectReference created_again = Extension();
  created_again.uid = "u-2";
  EXPECT_FALSE(Tell("it broke", created_again)->known);
  EXPECT_FALSE(Tell("it broke otherwise")->known);
}

TEST_F(EventCorrelatorTest, ANewProcessFindsTheSameName) {
  EventCorrelator other{"cri-resmgr", "h"};
  auto of_other =
      other.Correlate({Extension(), EventType::kWarning, "Failed", "it broke", now_ + absl::Hours(1)});
  EXPECT_EQ(Name(of_other->event), Name(Tell("it broke")->event));
}

TEST_F(EventCorrelatorTest, ManySimilarOnesBecomeOne) {
  for (int i = 1; i <= 10; ++i) EXPECT_EQ(Tell("no. " + std::to_string(i))->event["count"], 1);
  auto eleventh = Tell("no. 11");
  EXPECT_EQ(eleventh->event["message"], "(combined from similar events): no. 11");
  EXPECT_FALSE(eleventh->known);
  auto twelfth = Tell("no. 12");
  EXPECT_TRUE(twelfth->known);
  EXPECT_EQ(Name(twelfth->event), Name(eleventh->event));
  EXPECT_EQ(twelfth->event["count"], 2);
  EXPECT_EQ(twelfth->event["message"], "(combined from similar events): no. 12");
  now_ += absl::Minutes(11);
  EXPECT_EQ(Tell("no. 13")->event["message"], "no. 13");
}

TEST_F(EventCorrelatorTest, OneObjectCannotFloodTheServer) {
  for (int i = 0; i < 25; ++i) EXPECT_TRUE(Tell("it broke").has_value()) << i;
  EXPECT_FALSE(Tell("it broke").has_value());
  ObjectReference other = Extension();
  other.name = "other";
  EXPECT_TRUE(Tell("it broke", other).has_value());
  now_ += absl::Minutes(5);
  EXPECT_TRUE(Tell("it broke").has_value());
  EXPECT_FALSE(Tell("it broke").has_value());
}

TEST_F(EventCorrelatorTest, LongTextsAreCutBetweenCharacters) {
  std::string umlauts;
  while (umlauts.size() < 2000) umlauts += "\xC3\xA4";
  const std::string message = Tell(umlauts)->event["message"];
  EXPECT_LE(message.size(), 1024u);
  EXPECT_THAT(message, EndsWith("\xC3\xA4..."));
  ObjectReference about = Extension();
  about.name = std::string(252, 'a') + "b";
  EXPECT_EQ(Name(Tell("x", about)->event).size(), 253u);
  about.name = std::string(236, '-');
  EXPECT_EQ(Name(Tell("x", about)->event).size(), 16u);
}

TEST_F(EventCorrelatorTest, EventsOfClusterScopedObjectsLieInDefault) {
  auto write = Tell("x", {"v1", "Node", "", "n1", "", ""});
  EXPECT_EQ(write->ns, "default");
  EXPECT_EQ(write->event["metadata"]["namespace"], "default");
  EXPECT_EQ(write->event["involvedObject"], Json::parse(R"({"apiVersion":"v1","kind":"Node","name":"n1"})"));
}

class EventRecorderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = testing::EmbeddedServer::Start({});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    client_ = *Client::Create(server_->client_config());
    Json ns = {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "shoot--a--b"}}}};
    ASSERT_TRUE(client_->Create(resources::kNamespaces, "", ns).ok());
    recorder_ = NewRecorder(*client_);
  }
  std::unique_ptr<EventRecorder> NewRecorder(Client& client, size_t max_waiting = 1000) {
    EventRecorderOptions options;
    options.component = "cri-resmgr";
    options.min_backoff = absl::Milliseconds(1);
    options.max_backoff = absl::Milliseconds(4);
    options.max_waiting = max_waiting;
    options.clock = &clock_;
    return std::make_unique<EventRecorder>(client, options);
  }
  void Warn(const std::string& message) {
    recorder_->Record(Extension(), EventType::kWarning, "Failed", message);
    ASSERT_TRUE(recorder_->Flush(kPatience));
  }
  std::vector<std::string> Events() {
    std::vector<std::string> all;
    auto list = client_->List(resources::kEvents, "shoot--a--b", {});
    if (!list.ok()) return {list.status().ToString()};
    for (const Json& event : (*list)["items"]) {
      all.push_back(event["message"].get<std::string>() + " x" + event["count"].dump() + " " +
                    event["lastTimestamp"].get<std::string>());
    }
    return all;
  }

  FakeClock clock_;
  std::unique_ptr<testing::EmbeddedServer> server_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<EventRecorder> recorder_;
};

TEST_F(EventRecorderTest, RepeatedWordsArePatched) {
  Warn("it broke");
  clock_.Advance(absl::Seconds(3));
  Warn("it broke");
  EXPECT_THAT(Events(), ElementsAre("it broke x2 2024-05-01T10:00:03Z"));
}

TEST_F(EventRecorderTest, TheNextProcessGoesOnCounting) {
  Warn("it broke");
  Warn("it broke");
  clock_.Advance(absl::Seconds(3));
  recorder_ = NewRecorder(*client_);
  Warn("it broke");
  EXPECT_THAT(Events(), ElementsAre("it broke x3 2024-05-01T10:00:03Z"));
  Warn("it broke");
  EXPECT_THAT(Events(), ElementsAre("it broke x4 2024-05-01T10:00:03Z"));
}

TEST_F(EventRecorderTest, AnEventThatExpiredIsCreatedAgain) {
  Warn("it broke");
  auto list = client_->List(resources::kEvents, "shoot--a--b", {});
  ASSERT_TRUE(client_->Delete(resources::kEvents, "shoot--a--b", Name((*list)["items"][0]), {}).ok());
  Warn("it broke");
  EXPECT_THAT(Events(), ElementsAre("it broke x2 2024-05-01T10:00:00Z"));
}

TEST_F(EventRecorderTest, PassingFaultsAreSatOut) {
  for (int code : {500, 503, 429, 0}) server_->InjectFault({"POST", "/api/v1/namespaces", code, 1});
  Warn("it broke");
  EXPECT_THAT(Events(), ElementsAre("it broke x1 2024-05-01T10:00:00Z"));
  EXPECT_EQ(recorder_->dropped(), 0u);
}

TEST_F(EventRecorderTest, ARefusedEventIsDropped) {
  server_->InjectFault({"POST", "/api/v1/namespaces", 403, 1});
  Warn("it broke");
  EXPECT_EQ(recorder_->dropped(), 1u);
  Warn("and this?");
  EXPECT_THAT(Events(), ElementsAre("and this? x1 2024-05-01T10:00:00Z"));
}

TEST_F(EventRecorderTest, AFullQueueDropsAndNeverBlocks) {
  absl::Notification asked;
  ScriptedServer hangs([&](ScriptedServer::Exchange& exchange) {
    asked.Notify();
    exchange.AwaitPeerEnd();
  });
  ClientConfig config;
  config.server = hangs.url();
  auto client = *Client::Create(config);
  auto recorder = NewRecorder(*client, 2);
  recorder->Record(Extension(), EventType::kNormal, "R", "in the call that hangs");
  asked.WaitForNotification();
  for (int i = 0; i < 5; ++i) recorder->Record(Extension(), EventType::kNormal, "R", "m");
  EXPECT_EQ(recorder->dropped(), 3u);
  EXPECT_FALSE(recorder->Flush(absl::ZeroDuration()));
  recorder->Stop();
  EXPECT_EQ(recorder->dropped(), 6u);
  recorder->Record(Extension(), EventType::kNormal, "R", "too late");
  EXPECT_EQ(recorder->dropped(), 7u);
  recorder->Stop();
}

TEST_F(EventRecorderTest, AStopWithPatienceWritesWhatWaits) {
  for (int i = 0; i < 5; ++i) {
    recorder_->Record(Extension(), EventType::kNormal, "R", "m" + std::to_string(i));
  }
  recorder_->Stop(kPatience);
  EXPECT_EQ(Events().size(), 5u);
  EXPECT_EQ(recorder_->dropped(), 0u);
}

}  // namespace
}  // namespace crm::kube
