#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kube/client_for_test.h"
#include "kube/objects.h"
#include "kube/scripted_server_for_test.h"
#include "nlohmann/json.hpp"

namespace crm::kube {
namespace {

using ::testing::ElementsAre;
using Exchange = ScriptedServer::Exchange;

class WatchTest : public ::testing::Test {
 protected:
  absl::Status Watch(ScriptedServer& server, WatchTimes times = {}) {
    auto client = ClientOf(server, {}, times);
    ListOptions options;
    options.on_open = [this] { opened.Notify(); };
    return client->Watch(resources::kPods, "ns", options, "5", cancellation,
                         [this](WatchEventType, Json object) { names.emplace_back(Name(object)); });
  }

  static std::string Event(const std::string& type, const std::string& name) {
    return Json{{"type", type}, {"object", {{"metadata", {{"name", name}}}}}}.dump() + "\n";
  }

  Cancellation cancellation;
  absl::Notification opened;
  std::vector<std::string> names;
};

TEST_F(WatchTest, StreamsEventsUntilTheServerEnds) {
  ScriptedServer server([](Exchange& exchange) {
    std::string both = Event("ADDED", "a") + Event("MODIFIED", "b");
    exchange.StartStream();
    exchange.Chunk(both.substr(0, 20));
    exchange.Chunk(both.substr(20, 50));
    exchange.Chunk(both.substr(70));
    exchange.EndStream();
  });
  EXPECT_TRUE(Watch(server, {absl::Seconds(7), absl::Seconds(7), absl::Seconds(1)}).ok());
  EXPECT_THAT(names, ElementsAre("a", "b"));
  EXPECT_TRUE(opened.HasBeenNotified());
  EXPECT_THAT(Targets(server), ElementsAre("/api/v1/namespaces/ns/pods?watch=true&allowWatchBookmarks=true"
                                           "&resourceVersion=5&timeoutSeconds=7"));
}

TEST_F(WatchTest, ExpiredVersionsAreOutOfRange) {
  ScriptedServer refuses(
      [](Exchange& exchange) { exchange.Reply(410, StatusBody(410, "Expired", "too old")); });
  EXPECT_EQ(Watch(refuses).code(), absl::StatusCode::kOutOfRange);
  EXPECT_FALSE(opened.HasBeenNotified());
  ScriptedServer ends([](Exchange& exchange) {
    exchange.StartStream();
    exchange.Chunk(Event("ADDED", "a"));
    exchange.Chunk(R"({"type":"ERROR","object":)" + StatusBody(410, "Expired", "too old") + "}\n");
    exchange.AwaitPeerEnd();
  });
  EXPECT_EQ(Watch(ends).code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(names, ElementsAre("a"));
}

TEST_F(WatchTest, ALostConnectionIsUnavailable) {
  ScriptedServer server([](Exchange& exchange) {
    exchange.StartStream();
    exchange.Chunk(Event("ADDED", "a"));
    exchange.Close();
  });
  EXPECT_EQ(Watch(server).code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(names, ElementsAre("a"));
}

TEST_F(WatchTest, ASilentServerIsGivenUp) {
  ScriptedServer server([](Exchange& exchange) {
    exchange.StartStream();
    exchange.AwaitPeerEnd();
  });
  EXPECT_EQ(Watch(server, {absl::Seconds(1), absl::Seconds(1), absl::Milliseconds(-950)}).code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(WatchTest, CancelEndsItFromAnotherThread) {
  ScriptedServer server([](Exchange& exchange) {
    exchange.StartStream();
    exchange.AwaitPeerEnd();
  });
  std::thread other([this] {
    opened.WaitForNotification();
    cancellation.Cancel();
  });
  EXPECT_EQ(Watch(server).code(), absl::StatusCode::kCancelled);
  other.join();
}

}  // namespace
}  // namespace crm::kube
