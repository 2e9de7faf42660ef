#include "kube/leader_election.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kube/events.h"
#include "kube/forwarding_client.h"
#include "kube/objects.h"
#include "kube/testing/embedded_server.h"
#include "metrics/registry.h"
#include "nlohmann/json.hpp"

namespace crm::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr absl::Duration kForever = absl::InfiniteDuration();

// Candidates on an embedded API server that share a clock, turned by hand.
class LeaderElectionTest : public ::testing::Test {
 protected:
  struct Candidate {
    std::vector<std::string> notes;
    std::unique_ptr<LeaderElector> elector;
    absl::Duration Turn() { return elector->TurnForTest(); }
  };

  void SetUp() override {
    auto server = testing::EmbeddedServer::Start({});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    client_ = *Client::Create(server_->client_config());
    Json ns = {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "garden"}}}};
    ASSERT_TRUE(client_->Create(resources::kNamespaces, "", ns).ok());
  }

  std::unique_ptr<Candidate> NewCandidate(const std::string& identity, Client* client = nullptr) {
    auto candidate = std::make_unique<Candidate>();
    LeaderElectionOptions options;
    options.ns = "garden";
    options.name = "lock";
    options.identity = identity;
    options.clock = &clock_;
    options.events = events_.get();
    options.registry = &registry_;
    LeaderCallbacks callbacks;
    auto note = [notes = &candidate->notes](std::string text) { notes->push_back(std::move(text)); };
    callbacks.on_started_leading = [note] { note("started"); };
    callbacks.on_stopped_leading = [note](const absl::Status& why) {
      note("stopped " + std::string(Message(why)));
    };
    callbacks.on_new_leader = [note](const std::string& leader) { note("leader " + leader); };
    auto elector = LeaderElector::Create(client == nullptr ? *client_ : *client, options, callbacks);
    EXPECT_TRUE(elector.ok()) << elector.status();
    candidate->elector = *std::move(elector);
    return candidate;
  }

  Json Lease() {
    auto lease = client_->Get(resources::kLeases, "garden", "lock");
    return lease.ok() ? *std::move(lease) : Json();
  }
  Json Spec() { return Lease().value("spec", Json()); }

  void Fail(const std::string& method, int code, int count = 1) {
    server_->InjectFault({method, "/apis/coordination.k8s.io/", code, count});
  }

  double MasterStatus() {
    return registry_.Gauges("leader_election_master_status", "", {"name"}).With({"lock"}).value();
  }

  FakeClock clock_;
  metrics::Registry registry_;
  std::unique_ptr<testing::EmbeddedServer> server_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<EventRecorder> events_;
};

TEST_F(LeaderElectionTest, TheFirstCandidateCreatesTheLease) {
  auto a = NewCandidate("a");
  EXPECT_FALSE(a->elector->IsLeader());
  EXPECT_EQ(a->Turn(), absl::Seconds(2));
  EXPECT_TRUE(a->elector->IsLeader());
  EXPECT_THAT(a->notes, ElementsAre("leader a", "started"));
  EXPECT_EQ(Spec(), Json::parse(R"({"holderIdentity":"a","leaseDurationSeconds":15,"leaseTransitions":0,
      "acquireTime":"2024-05-01T10:00:00.000000Z","renewTime":"2024-05-01T10:00:00.000000Z"})"));
}

TEST_F(LeaderElectionTest, TheLeaderRenewsAndOthersWait) {
  auto a = NewCandidate("a");
  auto b = NewCandidate("b");
  a->Turn();
  for (int i = 0; i < 20; ++i) {  // 40 s: more than the Lease's duration
    absl::Duration wait = b->Turn();
    EXPECT_GE(wait, absl::Seconds(2));
    EXPECT_LE(wait, absl::Seconds(2) * 2.2);
    clock_.Advance(absl::Seconds(2));
    EXPECT_EQ(a->Turn(), absl::Seconds(2));
  }
  EXPECT_THAT(b->notes, ElementsAre("leader a"));
  EXPECT_TRUE(a->elector->IsLeader());
  EXPECT_EQ(Spec()["renewTime"], "2024-05-01T10:00:40.000000Z");
  EXPECT_EQ(Spec()["acquireTime"], "2024-05-01T10:00:00.000000Z");
}

// Spec 60, test vector 58.
TEST_F(LeaderElectionTest, ALeaseUnchangedForItsDurationIsTakenOver) {
  auto a = NewCandidate("a");
  auto b = NewCandidate("b");
  a->Turn();
  b->Turn();
  clock_.Advance(absl::Milliseconds(14900));
  b->Turn();
  EXPECT_FALSE(b->elector->IsLeader());
  clock_.Advance(absl::Milliseconds(100));
  b->Turn();
  EXPECT_TRUE(b->elector->IsLeader());
  EXPECT_EQ(Spec()["holderIdentity"], "b");
  EXPECT_EQ(Spec()["leaseTransitions"], 1);
  EXPECT_EQ(Spec()["acquireTime"], "2024-05-01T10:00:15.000000Z");
  EXPECT_THAT(b->notes, ElementsAre("leader a", "leader b", "started"));
}

// What counts is how long the candidate itself saw the Lease unchanged: neither an old renewTime (the
// holder's clock is wrong) nor a jump of the own clock makes the Lease free.
TEST_F(LeaderElectionTest, ClocksAreNeverCompared) {
  auto a = NewCandidate("a");
  clock_.SetNow(absl::FromUnixSeconds(0));
  a->Turn();
  clock_.SetNow(absl::FromUnixSeconds(1714557600));
  auto b = NewCandidate("b");
  b->Turn();
  clock_.SetNow(absl::FromUnixSeconds(1999999999));
  b->Turn();
  EXPECT_FALSE(b->elector->IsLeader());
  EXPECT_TRUE(a->elector->IsLeader());
}

TEST_F(LeaderElectionTest, ALeaseOfLongerDurationIsRespected) {
  Json lease = {{"apiVersion", "coordination.k8s.io/v1"},
                {"kind", "Lease"},
                {"metadata", {{"name", "lock"}, {"namespace", "garden"}, {"labels", {{"of", "others"}}}}},
                {"spec", {{"holderIdentity", "old"}, {"leaseDurationSeconds", 60}, {"leaseTransitions", 7}}}};
  ASSERT_TRUE(client_->Create(resources::kLeases, "garden", lease).ok());
  auto a = NewCandidate("a");
  a->Turn();
  clock_.Advance(absl::Seconds(59));
  a->Turn();
  EXPECT_FALSE(a->elector->IsLeader());
  clock_.Advance(absl::Seconds(1));
  a->Turn();
  EXPECT_TRUE(a->elector->IsLeader());
  EXPECT_EQ(Spec()["leaseTransitions"], 8);
  EXPECT_EQ(Lease()["metadata"]["labels"]["of"], "others");
}

TEST_F(LeaderElectionTest, ACleanStopHandsTheLeaseOver) {
  auto a = NewCandidate("a");
  auto b = NewCandidate("b");
  a->Turn();
  b->Turn();
  EXPECT_EQ(MasterStatus(), 1);
  a->elector->Stop();
  EXPECT_EQ(MasterStatus(), 0);
  EXPECT_THAT(a->notes, ElementsAre("leader a", "started", "stopped "));
  EXPECT_FALSE(a->elector->IsLeader());
  EXPECT_EQ(Spec()["holderIdentity"], "");
  EXPECT_EQ(Spec()["leaseDurationSeconds"], 1);
  b->Turn();  // at once
  EXPECT_TRUE(b->elector->IsLeader());
  EXPECT_EQ(Spec()["leaseDurationSeconds"], 15);
  EXPECT_EQ(Spec()["leaseTransitions"], 1);
  a->elector->Stop();
  EXPECT_EQ(Spec()["holderIdentity"], "b");
}

TEST_F(LeaderElectionTest, AStopLeavesTheLeaseOfOthersAlone) {
  auto a = NewCandidate("a");
  auto b = NewCandidate("b");
  a->Turn();
  b->Turn();
  const Json before = Lease();
  b->elector->Stop();
  EXPECT_EQ(Lease(), before);
  EXPECT_THAT(b->notes, ElementsAre("leader a"));
}

TEST_F(LeaderElectionTest, ALeaderThatCannotRenewLosesAtTheDeadline) {
  auto a = NewCandidate("a");
  a->Turn();
  Fail("", 500, 100);
  clock_.Advance(absl::Seconds(9));
  EXPECT_EQ(a->Turn(), absl::Seconds(1));  // what is left
  EXPECT_TRUE(a->elector->IsLeader());
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(a->elector->IsLeader());  // before anybody said so
  EXPECT_EQ(MasterStatus(), 1);
  EXPECT_EQ(a->Turn(), kForever);
  EXPECT_EQ(MasterStatus(), 0);
  ASSERT_EQ(a->notes.size(), 3u);
  EXPECT_THAT(a->notes[2],
              HasSubstr("stopped Lease garden/lock: lost: not renewed within 10s: injected fault"));
}

TEST_F(LeaderElectionTest, FailuresBeforeTheDeadlineAreForgiven) {
  auto a = NewCandidate("a");
  a->Turn();
  for (int code : {500, 429, 0}) {
    Fail("", code, 2);  // a PUT whose connection broke is sent twice
    clock_.Advance(absl::Seconds(2));
    EXPECT_EQ(a->Turn(), absl::Seconds(2));
    server_->api().ClearFaults();
    clock_.Advance(absl::Seconds(2));
    EXPECT_EQ(a->Turn(), absl::Seconds(2));
  }
  EXPECT_TRUE(a->elector->IsLeader());
  EXPECT_THAT(a->notes, ElementsAre("leader a", "started"));
}

TEST_F(LeaderElectionTest, ALeaderWhoseLeaseWasTakenStopsAtOnce) {
  auto a = NewCandidate("a");
  a->Turn();
  Json lease = Lease();
  lease["spec"]["holderIdentity"] = "usurper";
  ASSERT_TRUE(client_->Update(resources::kLeases, "garden", "lock", lease).ok());
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(a->Turn(), kForever);
  EXPECT_THAT(a->notes, ElementsAre("leader a", "started", "leader usurper",
                                    "stopped Lease garden/lock: lost to usurper"));
  a->elector->Stop();
  EXPECT_EQ(Spec()["holderIdentity"], "usurper");
  EXPECT_EQ(a->notes.size(), 4u);
}

TEST_F(LeaderElectionTest, AnEditedOrDeletedLeaseIsRenewedAllTheSame) {
  auto a = NewCandidate("a");
  a->Turn();
  Json patch = {{"metadata", {{"annotations", {{"by", "hand"}}}}}};
  ASSERT_TRUE(client_->Patch(resources::kLeases, "garden", "lock", PatchType::kMerge, patch, {}).ok());
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(a->Turn(), absl::Seconds(2));
  EXPECT_EQ(Spec()["renewTime"], "2024-05-01T10:00:02.000000Z");
  EXPECT_EQ(Lease()["metadata"]["annotations"]["by"], "hand");
  ASSERT_TRUE(client_->Delete(resources::kLeases, "garden", "lock", {}).ok());
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(a->Turn(), absl::Seconds(2));
  EXPECT_EQ(Spec()["holderIdentity"], "a");
  EXPECT_TRUE(a->elector->IsLeader());
}

// Both saw the Lease free; the slower one's write meets the other's.
TEST_F(LeaderElectionTest, OfTwoThatWriteAtOnceOneWins) {
  class Late : public ForwardingClient {
   public:
    using ForwardingClient::ForwardingClient;
    absl::StatusOr<Json> Create(const Resource& resource, std::string_view ns, const Json& object) override {
      std::exchange(before, [] {})();
      return to_.Create(resource, ns, object);
    }
    absl::StatusOr<Json> Update(const Resource& resource, std::string_view ns, std::string_view name,
                                const Json& object) override {
      std::exchange(before, [] {})();
      return to_.Update(resource, ns, name, object);
    }
    std::function<void()> before = [] {};
  };
  Late late(*client_);
  auto a = NewCandidate("a");
  auto b = NewCandidate("b", &late);
  late.before = [&] { a->Turn(); };
  b->Turn();
  EXPECT_TRUE(a->elector->IsLeader());
  EXPECT_FALSE(b->elector->IsLeader());
  a->elector->Stop();
  auto c = NewCandidate("c");
  late.before = [&] { c->Turn(); };
  b->Turn();
  EXPECT_TRUE(c->elector->IsLeader());
  EXPECT_FALSE(b->elector->IsLeader());
  EXPECT_EQ(Spec()["holderIdentity"], "c");
}

// The write of an interrupted attempt may have been carried out: a stop must not leave it behind.
TEST_F(LeaderElectionTest, AnAttemptWhoseAnswerWasLostIsHandedBack) {
  class AnswerLost : public ForwardingClient {
   public:
    using ForwardingClient::ForwardingClient;
    absl::StatusOr<Json> Create(const Resource& resource, std::string_view ns, const Json& object) override {
      EXPECT_TRUE(to_.Create(resource, ns, object).ok());
      return Unavailable("lost");
    }
  };
  AnswerLost lost(*client_);
  auto a = NewCandidate("a", &lost);
  a->Turn();
  EXPECT_FALSE(a->elector->IsLeader());
  EXPECT_EQ(Spec()["holderIdentity"], "a");
  a->elector->Stop();
  EXPECT_EQ(Spec()["holderIdentity"], "");
  EXPECT_THAT(a->notes, IsEmpty());
}

TEST_F(LeaderElectionTest, EventsAboutTheLeaseTellWhoLeads) {
  events_ = std::make_unique<EventRecorder>(*client_, EventRecorderOptions());
  auto a = NewCandidate("a");
  a->Turn();
  a->elector->Stop();
  ASSERT_TRUE(events_->Flush(absl::Seconds(60)));
  auto list = client_->List(resources::kEvents, "garden", {});
  ASSERT_TRUE(list.ok()) << list.status();
  std::vector<std::string> messages;
  for (const Json& event : (*list)["items"]) {
    EXPECT_EQ(event["reason"], "LeaderElection");
    EXPECT_EQ(event["type"], "Normal");
    EXPECT_EQ(event["involvedObject"]["kind"], "Lease");
    EXPECT_EQ(event["involvedObject"]["apiVersion"], "coordination.k8s.io/v1");
    EXPECT_EQ(event["involvedObject"]["uid"], Uid(Lease()));
    messages.push_back(event["message"]);
  }
  EXPECT_THAT(messages, UnorderedElementsAre("a became leader", "a stopped leading"));
}

TEST_F(LeaderElectionTest, ThreadsLeadOneAfterAnother) {
  LeaderElectionOptions options;
  options.ns = "garden";
  options.name = "lock";
  options.retry_period = absl::Milliseconds(1);
  absl::Notification first_leads;
  absl::Notification second_leads;
  absl::Notification finished;
  auto first = *LeaderElector::Create(*client_, options,
                                      {[&] { first_leads.Notify(); },
                                       [&](const absl::Status& why) {
                                         EXPECT_TRUE(why.ok()) << why;
                                         EXPECT_FALSE(second_leads.HasBeenNotified());
                                         finished.Notify();
                                       },
                                       {}});
  first->Start();
  first_leads.WaitForNotification();
  auto second = *LeaderElector::Create(*client_, options, {[&] { second_leads.Notify(); }, {}, {}});
  EXPECT_NE(first->identity(), second->identity());
  second->Start();
  EXPECT_FALSE(second->IsLeader());
  first->Stop();
  EXPECT_TRUE(finished.HasBeenNotified());
  second_leads.WaitForNotification();
  EXPECT_TRUE(second->IsLeader());
}

}  // namespace
}  // namespace crm::kube
