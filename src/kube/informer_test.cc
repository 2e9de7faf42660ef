#include "kube/informer.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kube/objects.h"
#include "kube/scripted_server_for_test.h"
#include "nlohmann/json.hpp"

namespace crm::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Exchange = ScriptedServer::Exchange;

Json Object(const std::string& name, const std::string& version, const std::string& uid = "") {
  return {
      {"metadata", {{"name", name}, {"namespace", "ns"}, {"resourceVersion", version}, {"uid", uid + name}}}};
}

std::string ListOf(const std::string& version, std::vector<Json> items) {
  return Json{{"metadata", {{"resourceVersion", version}}}, {"items", std::move(items)}}.dump();
}

std::string Event(const std::string& type, const Json& object) {
  return Json{{"type", type}, {"object", object}}.dump() + "\n";
}

const char kExpired[] = R"({"kind":"Status","code":410,"reason":"Expired","message":"too old"})";

// The server side as a script: the n-th list and the n-th watch have their own step; after the last one they
// hang.
class InformerTest : public ::testing::Test {
 protected:
  using Step = std::function<void(Exchange&)>;

  void Script(std::vector<Step> lists, std::vector<Step> watches) {
    lists_ = std::move(lists);
    watches_ = std::move(watches);
    server_ = std::make_unique<ScriptedServer>([this](Exchange& exchange) { Answer(exchange); });
    ClientConfig config;
    config.server = server_->url();
    client_ = *Client::Create(config);
    InformerOptions options;
    options.min_backoff = absl::Milliseconds(1);
    options.max_backoff = absl::Milliseconds(4);
    InformerHandlers handlers;
    handlers.on_add = [this](const SharedObject& o) { Note("add", *o); };
    handlers.on_update = [this](const SharedObject& old, const SharedObject& o) {
      Note("update " + std::string(ResourceVersion(*old)) + ">", *o);
    };
    handlers.on_delete = [this](const SharedObject& o) { Note("delete", *o); };
    handlers.on_synced = [this] { Note("synced", {}); };
    informer_ = std::make_unique<Informer>(*client_, resources::kPods, options, handlers);
    informer_->Start();
  }

  void TearDown() override {
    if (informer_ != nullptr) informer_->Stop();
    server_.reset();
  }

  // Waits until `count` things were noted; all of them.
  std::vector<std::string> Noted(size_t count) {
    absl::MutexLock lock(&mutex_);
    auto enough = [this, count]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return notes_.size() >= count; };
    mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30));
    return notes_;
  }

  // Waits until the n-th watch has begun; the resourceVersion it asked for.
  std::string VersionOfWatch(size_t n) {
    absl::MutexLock lock(&mutex_);
    auto enough = [this, n]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return versions_.size() > n; };
    mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30));
    return versions_.size() > n ? versions_[n] : "no such watch";
  }

  static Step List(std::string version, std::vector<Json> items) {
    return [body = ListOf(version, std::move(items))](Exchange& exchange) { exchange.Reply(200, body); };
  }
  enum class End { kOrderly, kLost, kOpen };
  static Step Watch(std::vector<std::string> events, End end = End::kOpen) {
    return [events = std::move(events), end](Exchange& exchange) {
      exchange.StartStream();
      for (const std::string& event : events) exchange.Chunk(event);
      if (end == End::kOrderly) exchange.EndStream();
      if (end == End::kLost) exchange.Close();
      if (end == End::kOpen) exchange.AwaitPeerEnd();
    };
  }
  static Step Refuse(int status, std::string body) {
    return [status, body = std::move(body)](Exchange& exchange) { exchange.Reply(status, body); };
  }

  void Note(const std::string& what, const Json& object) {
    absl::MutexLock lock(&mutex_);
    notes_.push_back(object.is_null() ? what
                                      : what + " " + std::string(Name(object)) + " " +
                                            std::string(ResourceVersion(object)));
  }

  void Answer(Exchange& exchange) {
    const std::string& target = exchange.request().target;
    bool watch = target.find("watch=true") != std::string::npos;
    size_t n = 0;
    {
      absl::MutexLock lock(&mutex_);
      if (watch) {
        size_t at = target.find("resourceVersion=") + 16;
        versions_.push_back(target.substr(at, target.find('&', at) - at));
        n = versions_.size() - 1;
      } else {
        n = listed_++;
      }
    }
    const std::vector<Step>& steps = watch ? watches_ : lists_;
    if (n < steps.size()) {
      steps[n](exchange);
    } else {
      if (watch) exchange.StartStream();
      exchange.AwaitPeerEnd();
    }
  }

  std::vector<Step> lists_;
  std::vector<Step> watches_;
  absl::Mutex mutex_;
  std::vector<std::string> notes_;
  std::vector<std::string> versions_;
  size_t listed_ = 0;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Informer> informer_;
};

TEST_F(InformerTest, ListsThenWatches) {
  Script({List("5", {Object("a", "1"), Object("b", "2")})},
         {Watch({Event("ADDED", Object("c", "6")), Event("MODIFIED", Object("a", "7")),
                 Event("DELETED", Object("b", "8"))})});
  EXPECT_THAT(Noted(6),
              ElementsAre("add a 1", "add b 2", "synced", "add c 6", "update 1> a 7", "delete b 8"));
  EXPECT_EQ(VersionOfWatch(0), "5");
  EXPECT_TRUE(informer_->HasSynced());
  EXPECT_EQ(informer_->Staleness(), absl::ZeroDuration());  // the watch is open
  EXPECT_EQ(informer_->List().size(), 2u);
  ASSERT_NE(informer_->Get("ns", "a"), nullptr);
  EXPECT_EQ(ResourceVersion(*informer_->Get("ns", "a")), "7");
  EXPECT_EQ(informer_->Get("ns", "b"), nullptr);
  EXPECT_EQ(informer_->Get("", "a"), nullptr);
}

TEST_F(InformerTest, AnEmptyListSyncs) {
  Script({List("5", {})}, {});
  EXPECT_THAT(Noted(1), ElementsAre("synced"));
}

TEST_F(InformerTest, ResumesFromTheLastVersion) {
  Script({List("5", {})},
         {Watch({Event("ADDED", Object("a", "6"))}, End::kLost), Refuse(503, "busy"),
          Watch({Event("BOOKMARK", {{"metadata", {{"resourceVersion", "9"}}}})}, End::kOrderly),
          Watch({Event("MODIFIED", Object("a", "12"))})});
  EXPECT_THAT(Noted(3), ElementsAre("synced", "add a 6", "update 6> a 12"));
  EXPECT_EQ(VersionOfWatch(0), "5");
  EXPECT_EQ(VersionOfWatch(1), "6");
  EXPECT_EQ(VersionOfWatch(2), "6");
  EXPECT_EQ(VersionOfWatch(3), "9");
  EXPECT_EQ(listed_, 1u);
}

TEST_F(InformerTest, ListsAgainAfter410AndReportsTheDifference) {
  Script({List("5", {Object("gone", "1"), Object("same", "2"), Object("changed", "3")}),
          List("20", {Object("same", "2"), Object("changed", "15"), Object("new", "16")})},
         {Watch({}, End::kLost), Refuse(410, kExpired)});
  EXPECT_EQ(VersionOfWatch(2), "20");
  EXPECT_THAT(Noted(7), ElementsAre("add changed 3", "add gone 1", "add same 2", "synced", "delete gone 1",
                                    "update 3> changed 15", "add new 16"));
}

TEST_F(InformerTest, ListsAgainAfterAnErrorEvent) {
  Script({List("5", {Object("gone", "1")}), List("20", {})},
         {Watch({"{\"type\":\"ERROR\",\"object\":" + std::string(kExpired) + "}\n"})});
  EXPECT_EQ(VersionOfWatch(1), "20");
  EXPECT_THAT(Noted(3), ElementsAre("add gone 1", "synced", "delete gone 1"));
}

TEST_F(InformerTest, AnObjectCreatedAgainIsAnother) {
  Script({List("5", {Object("a", "1", "x"), Object("b", "2", "x")}),
          List("20", {Object("a", "11", "y"), Object("b", "12", "x")})},
         {Refuse(410, kExpired), Watch({Event("MODIFIED", Object("b", "21", "y"))})});
  EXPECT_THAT(Noted(8), ElementsAre("add a 1", "add b 2", "synced", "delete a 1", "add a 11",
                                    "update 2> b 12", "delete b 12", "add b 21"));
}

TEST_F(InformerTest, ListsAgainAfterMalformedEvents) {
  Script({List("5", {}), List("6", {}), List("7", {})},
         {Watch({"this is no event\n"}), Watch({Event("ADDED", {{"metadata", {{"name", 7}}}})}),
          Watch({Event("ADDED", Object("a", "8"))})});
  EXPECT_THAT(Noted(2), ElementsAre("synced", "add a 8"));
  EXPECT_EQ(VersionOfWatch(2), "7");
}

TEST_F(InformerTest, EventsSeenAlreadyAreNotReported) {
  Script({List("5", {Object("a", "1")})},
         {Watch({Event("ADDED", Object("a", "1")), Event("DELETED", Object("unknown", "6")),
                 Event("ADDED", Object("b", "7"))})});
  EXPECT_THAT(Noted(3), ElementsAre("add a 1", "synced", "add b 7"));
}

TEST_F(InformerTest, ListsUntilOneSucceeds) {
  Script({Refuse(500, "x"), Refuse(403, "x"), Refuse(200, "nonsense"), Refuse(200, R"({"items":[]})"),
          List("5", {Object("a", "1")})},
         {});
  EXPECT_THAT(Noted(2), ElementsAre("add a 1", "synced"));
  EXPECT_EQ(listed_, 5u);
}

TEST_F(InformerTest, StopsWhileListing) {
  absl::Notification asked;
  Script({[&](Exchange& exchange) {
           asked.Notify();
           exchange.AwaitPeerEnd();
         }},
         {});
  asked.WaitForNotification();
  informer_->Stop();
  informer_->Stop();
  informer_->Start();  // once stopped, stays stopped
  EXPECT_FALSE(informer_->HasSynced());
  EXPECT_EQ(informer_->Staleness(), absl::InfiniteDuration());
  EXPECT_THAT(Noted(0), IsEmpty());
}

TEST_F(InformerTest, StopsWhileWatching) {
  Script({List("5", {})}, {});
  VersionOfWatch(0);
  informer_->Stop();
  EXPECT_TRUE(informer_->HasSynced());
}

TEST_F(InformerTest, StopsWhileWaitingToTryAgain) {
  ClientConfig config;
  {
    ScriptedServer gone([](Exchange&) {});
    config.server = gone.url();
  }
  client_ = *Client::Create(config);
  InformerOptions options;
  options.min_backoff = absl::Hours(1);
  informer_ = std::make_unique<Informer>(*client_, resources::kPods, options, InformerHandlers{});
  informer_->Start();
  informer_->Stop();  // would take half an hour
}

TEST_F(InformerTest, IsDestroyedWithoutHavingStarted) {
  ClientConfig config;
  config.server = "http://127.0.0.1:1";
  client_ = *Client::Create(config);
  Informer informer(*client_, resources::kPods, {}, {});
  EXPECT_THAT(informer.List(), IsEmpty());
}

}  // namespace
}  // namespace crm::kube
