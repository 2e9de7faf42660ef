#include "kube/testing/standin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "kube/objects.h"
#include "kube/testing/call_for_test.h"
#include "kube/testing/embedded_server.h"
#include "kube/testing/standin_reconciler.h"

namespace crm::kube::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kMaps[] = R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: one, namespace: kube-system, labels: {own: x}}
data: {k: v, n: "1"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two}
data: {k: v}
)";
constexpr char kDaemonSet[] = R"(
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: kube-system}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: c, image: i}]}
)";

Json ManagedResourceCrd() {
  Json crd = WidgetCrd();
  crd["metadata"]["name"] = "managedresources.resources.gardener.cloud";
  crd["spec"]["group"] = "resources.gardener.cloud";
  crd["spec"]["names"] = {{"kind", "ManagedResource"}, {"plural", "managedresources"}};
  crd["spec"]["versions"] = Json::array({crd["spec"]["versions"][0]});
  crd["spec"]["versions"][0]["name"] = "v1alpha1";
  return crd;
}

class StandinTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (auto* server : {&source_server_, &target_server_}) {
      auto started = EmbeddedServer::Start({});
      ASSERT_TRUE(started.ok()) << started.status();
      *server = *std::move(started);
    }
    ASSERT_TRUE(source_server_->api().EnsureCrd(ManagedResourceCrd()).ok());
    source_ = *Client::Create(source_server_->client_config());
    target_ = *Client::Create(target_server_->client_config());
    Restart();
  }
  void Restart() { reconciler_ = std::make_unique<StandinReconciler>(*source_, *target_, "seed"); }

  void PutSecret(const std::string& name, const std::string& yaml,
                 const std::string& key = "installation_chart") {
    const Json secret = {{"metadata", {{"name", name}}}, {"data", {{key, absl::Base64Escape(yaml)}}}};
    ASSERT_TRUE(source_->Create(resources::kSecrets, "default", secret).ok());
  }
  void CreateManaged(const Json& spec) {
    const Json object = {{"apiVersion", "resources.gardener.cloud/v1alpha1"},
                         {"kind", "ManagedResource"},
                         {"metadata", {{"name", "m"}}},
                         {"spec", spec}};
    const auto created = source_->Create(resources::kManagedResources, "default", object);
    ASSERT_TRUE(created.ok()) << created.status();
  }
  void PatchManaged(const Json& patch) {
    ASSERT_TRUE(
        source_->Patch(resources::kManagedResources, "default", "m", PatchType::kMerge, patch, {}).ok());
  }
  Json Managed() {
    auto got = source_->Get(resources::kManagedResources, "default", "m");
    return got.ok() ? *std::move(got) : Json();
  }
  /// "STATUS REASON" of a condition.
  std::string Condition(const std::string& type) {
    const Json managed = Managed();
    for (const Json& condition : managed["status"]["conditions"]) {
      if (condition["type"] == type) {
        message_ = condition["message"];
        return condition["status"].get<std::string>() + " " + condition["reason"].get<std::string>();
      }
    }
    return "absent";
  }
  absl::StatusOr<Json> Map(const std::string& ns, const std::string& name) {
    return target_->Get(resources::kConfigMaps, ns, name);
  }
  absl::StatusOr<absl::Duration> Reconcile() { return reconciler_->Reconcile("default", "m"); }

  std::unique_ptr<EmbeddedServer> source_server_;
  std::unique_ptr<EmbeddedServer> target_server_;
  std::unique_ptr<Client> source_;
  std::unique_ptr<Client> target_;
  std::unique_ptr<StandinReconciler> reconciler_;
  std::string message_;
};

TEST_F(StandinTest, AppliesLabelsAndReports) {
  PutSecret("s", kMaps);
  CreateManaged(
      {{"secretRefs", {{{"name", "s"}}}}, {"injectLabels", {{"shoot.gardener.cloud/no-cleanup", "true"}}}});
  const auto again = Reconcile();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, absl::InfiniteDuration());

  const auto one = Map("kube-system", "one");
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ((*one)["data"], Json::parse(R"({"k": "v", "n": "1"})"));
  EXPECT_EQ((*one)["metadata"]["labels"],
            Json::parse(R"({"own": "x", "shoot.gardener.cloud/no-cleanup": "true",
      "resources.gardener.cloud/managed-by": "gardener"})"));
  EXPECT_EQ((*one)["metadata"]["annotations"]["resources.gardener.cloud/origin"], "seed:default/m");
  EXPECT_TRUE(Map("default", "two").ok());

  EXPECT_EQ(Condition("ResourcesApplied"), "True ApplySucceeded");
  EXPECT_EQ(Condition("ResourcesHealthy"), "True ResourcesHealthy");
  EXPECT_EQ(Condition("ResourcesProgressing"), "False ResourcesRolledOut");
  const Json managed = Managed();
  EXPECT_EQ(managed["status"]["observedGeneration"], 1);
  EXPECT_EQ(managed["status"]["resources"].size(), 2u);
  EXPECT_TRUE(HasFinalizer(managed, kStandinFinalizer));

  // Nothing changed: nothing is written, neither here nor there.
  const int64_t source_revision = source_server_->api().revision();
  const int64_t target_revision = target_server_->api().revision();
  ASSERT_TRUE(Reconcile().ok());
  EXPECT_EQ(source_server_->api().revision(), source_revision);
  EXPECT_EQ(target_server_->api().revision(), target_revision);
}

TEST_F(StandinTest, UndoesForeignChangesButKeepsForeignLabels) {
  PutSecret("s", kMaps);
  CreateManaged({{"secretRefs", {{{"name", "s"}}}}});
  ASSERT_TRUE(Reconcile().ok());
  const Json foreign = {{"data", {{"k", "changed"}, {"extra", "x"}}},
                        {"metadata", {{"labels", {{"theirs", "y"}}}}}};
  ASSERT_TRUE(
      target_->Patch(resources::kConfigMaps, "kube-system", "one", PatchType::kMerge, foreign, {}).ok());
  ASSERT_TRUE(Reconcile().ok());
  const auto one = Map("kube-system", "one");
  EXPECT_EQ((*one)["data"], Json::parse(R"({"k": "v", "n": "1"})"));
  EXPECT_EQ((*one)["metadata"]["labels"]["theirs"], "y");
}

TEST_F(StandinTest, ANewSecretChangesAddsAndRemoves) {
  PutSecret("s", kMaps);
  CreateManaged({{"secretRefs", {{{"name", "s"}}}}});
  ASSERT_TRUE(Reconcile().ok());
  PutSecret("t",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, namespace: kube-system}\ndata: {k: w}\n");
  PatchManaged({{"spec", {{"secretRefs", {{{"name", "t"}}}}}}});
  ASSERT_TRUE(Reconcile().ok());
  const auto one = Map("kube-system", "one");
  ASSERT_TRUE(one.ok());
  EXPECT_EQ((*one)["data"], Json::parse(R"({"k": "w"})"));
  EXPECT_FALSE((*one)["metadata"]["labels"].contains("own"));  // applied before, no longer wanted
  EXPECT_TRUE(absl::IsNotFound(Map("default", "two").status()));
  EXPECT_EQ(Managed()["status"]["resources"].size(), 1u);
  EXPECT_EQ(Managed()["status"]["observedGeneration"], 2);
}

TEST_F(StandinTest, DeletionRemovesTheObjectsBeforeTheFinalizer) {
  PutSecret("s", kMaps);
  CreateManaged({{"secretRefs", {{{"name", "s"}}}}});
  ASSERT_TRUE(Reconcile().ok());
  const Json hold = {{"metadata", {{"finalizers", {"x.io/hold"}}}}};
  ASSERT_TRUE(target_->Patch(resources::kConfigMaps, "kube-system", "one", PatchType::kMerge, hold, {}).ok());
  ASSERT_TRUE(source_->Delete(resources::kManagedResources, "default", "m", {}).ok());

  const auto again = Reconcile();
  ASSERT_TRUE(again.ok());
  EXPECT_LT(*again, absl::InfiniteDuration());
  EXPECT_EQ(Condition("ResourcesApplied"), "Progressing DeletionPending");
  EXPECT_THAT(message_, HasSubstr("v1/ConfigMap/kube-system/one"));
  EXPECT_TRUE(absl::IsNotFound(Map("default", "two").status()));

  const Json release = {{"metadata", {{"finalizers", nullptr}}}};
  ASSERT_TRUE(
      target_->Patch(resources::kConfigMaps, "kube-system", "one", PatchType::kMerge, release, {}).ok());
  ASSERT_TRUE(Reconcile().ok());
  EXPECT_TRUE(Managed().is_null());
  EXPECT_TRUE(absl::IsNotFound(Map("kube-system", "one").status()));
}

TEST_F(StandinTest, KeepObjectsLeavesThem) {
  PutSecret("s", kMaps);
  CreateManaged({{"secretRefs", {{{"name", "s"}}}}, {"keepObjects", true}});
  ASSERT_TRUE(Reconcile().ok());
  ASSERT_TRUE(source_->Delete(resources::kManagedResources, "default", "m", {}).ok());
  ASSERT_TRUE(Reconcile().ok());
  EXPECT_TRUE(Managed().is_null());
  EXPECT_TRUE(Map("kube-system", "one").ok());
}

TEST_F(StandinTest, SaysWhatIsWrong) {
  CreateManaged({{"secretRefs", {{{"name", "s"}}}}});
  EXPECT_FALSE(Reconcile().ok());
  EXPECT_EQ(Condition("ResourcesApplied"), "False CannotReadSecret");
  PutSecret("s", "a: [");
  EXPECT_FALSE(Reconcile().ok());
  EXPECT_EQ(Condition("ResourcesApplied"), "False DecodingFailed");
  EXPECT_THAT(message_, HasSubstr("installation_chart"));
  PutSecret("br", "x", "data.yaml.br");
  PatchManaged({{"spec", {{"secretRefs", {{{"name", "br"}}}}}}});
  EXPECT_FALSE(Reconcile().ok());
  EXPECT_EQ(Condition("ResourcesApplied"), "False DecodingFailed");
  PutSecret("bad",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ok}\n---\n"
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A_b}\n---\n"
            "apiVersion: none.org/v1\nkind: None\nmetadata: {name: x}\n");
  PatchManaged({{"spec", {{"secretRefs", {{{"name", "bad"}}}}}}});
  EXPECT_FALSE(Reconcile().ok());
  EXPECT_EQ(Condition("ResourcesApplied"), "False ApplyFailed");
  EXPECT_THAT(
      message_,
      HasSubstr("error during apply of object \"v1/ConfigMap/default/A_b\": ConfigMap \"A_b\" is invalid"));
  EXPECT_THAT(message_, HasSubstr("no matches for kind \"None\""));
  EXPECT_TRUE(Map("default", "ok").ok());  // one bad object does not stop the others
}

TEST_F(StandinTest, OtherClassesAreOthersBusiness) {
  PutSecret("s", kMaps);
  CreateManaged({{"secretRefs", {{{"name", "s"}}}}, {"class", "seed"}});
  ASSERT_TRUE(Reconcile().ok());
  EXPECT_TRUE(absl::IsNotFound(Map("kube-system", "one").status()));
  EXPECT_THAT(Finalizers(Managed()), IsEmpty());
}

TEST_F(StandinTest, HealthOfADaemonSetIsWhatItsControllerReports) {
  PutSecret("s", kDaemonSet);
  CreateManaged({{"secretRefs", {{{"name", "s"}}}}});
  ASSERT_LT(*Reconcile(), absl::InfiniteDuration());
  EXPECT_EQ(Condition("ResourcesApplied"), "True ApplySucceeded");
  EXPECT_EQ(Condition("ResourcesHealthy"), "Unknown ChecksPending");
  const auto applied = target_->Get(resources::kDaemonSets, "kube-system", "agent");
  ASSERT_TRUE(applied.ok());
  EXPECT_EQ((*applied)["spec"]["template"]["metadata"]["labels"]["resources.gardener.cloud/managed-by"],
            "gardener");

  auto report = [&](int observed, int desired, int ready) {
    const Json status = {{"observedGeneration", observed},
                         {"desiredNumberScheduled", desired},
                         {"currentNumberScheduled", desired},
                         {"updatedNumberScheduled", desired},
                         {"numberReady", ready}};
    PatchOptions options;
    options.subresource = "status";
    ASSERT_TRUE(target_
                    ->Patch(resources::kDaemonSets, "kube-system", "agent", PatchType::kMerge,
                            {{"status", status}}, options)
                    .ok());
    ASSERT_TRUE(Reconcile().ok());
  };
  report(1, 2, 1);
  EXPECT_EQ(Condition("ResourcesHealthy"), "False DaemonSetUnhealthy");
  report(0, 2, 2);
  EXPECT_EQ(Condition("ResourcesProgressing"), "True DaemonSetProgressing");
  report(1, 2, 2);
  EXPECT_EQ(Condition("ResourcesHealthy"), "True ResourcesHealthy");
  EXPECT_EQ(Condition("ResourcesProgressing"), "False ResourcesRolledOut");
}

// Killed at any request, the next process must neither lose nor leak an object.
TEST_F(StandinTest, ContinuesAfterDyingAtAnyRequest) {
  PutSecret("s", kMaps);
  PutSecret("t", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: three}\n");
  bool finished = false;
  for (int survived = 0; !finished; ++survived) {
    ASSERT_LT(survived, 50);
    CreateManaged({{"secretRefs", {{{"name", "s"}}}}});
    for (EmbeddedServer* server : {source_server_.get(), target_server_.get()}) {
      for (const char* method : {"PATCH", "POST", "DELETE"}) {
        if (survived > 0) server->InjectFault({method, "/", -1, survived});  // let these through
        server->InjectFault({method, "/", 500, 1000});
      }
    }
    finished = Reconcile().ok();
    source_server_->api().ClearFaults();
    target_server_->api().ClearFaults();
    Restart();
    PatchManaged({{"spec", {{"secretRefs", {{{"name", "t"}}}}}}});
    ASSERT_TRUE(Reconcile().ok());
    EXPECT_TRUE(Map("default", "three").ok());
    EXPECT_TRUE(absl::IsNotFound(Map("kube-system", "one").status())) << survived;
    EXPECT_TRUE(absl::IsNotFound(Map("default", "two").status())) << survived;
    ASSERT_TRUE(source_->Delete(resources::kManagedResources, "default", "m", {}).ok());
    ASSERT_TRUE(Reconcile().ok());
    EXPECT_TRUE(Managed().is_null());
    EXPECT_TRUE(absl::IsNotFound(Map("default", "three").status()));
  }
}

TEST_F(StandinTest, TheProgramFollowsEvents) {
  ResourceManagerStandin standin(*source_, *target_, {});
  standin.Start();
  auto wait_for = [&](Client& client, const Resource& resource,
                      const std::function<bool(WatchEventType, const Json&)>& is) {
    Cancellation cancellation;
    client
        .Watch(resource, "", {}, "0", cancellation,
               [&](WatchEventType type, const Json& object) {
                 if (is(type, object)) cancellation.Cancel();
               })
        .IgnoreError();
  };
  CreateManaged({{"secretRefs", {{{"name", "s"}}}}});
  wait_for(*source_, resources::kManagedResources, [](WatchEventType, const Json& object) {
    return object.dump().find("CannotReadSecret") != std::string::npos;
  });
  PutSecret("s", kMaps);  // the secret's event is what starts the next attempt
  wait_for(*source_, resources::kManagedResources, [](WatchEventType, const Json& object) {
    return object.dump().find("ApplySucceeded") != std::string::npos;
  });
  EXPECT_TRUE(Map("kube-system", "one").ok());
  const auto watched = Managed();
  ASSERT_TRUE(source_->Delete(resources::kManagedResources, "default", "m", {}).ok());
  Cancellation gone;
  source_
      ->Watch(resources::kManagedResources, "default", {}, std::string(ResourceVersion(watched)), gone,
              [&](WatchEventType type, const Json&) {
                if (type == WatchEventType::kDeleted) gone.Cancel();
              })
      .IgnoreError();
  EXPECT_TRUE(absl::IsNotFound(Map("kube-system", "one").status()));
  standin.Stop();
}

}  // namespace
}  // namespace crm::kube::testing
