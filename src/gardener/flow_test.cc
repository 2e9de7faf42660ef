#include "gardener/errors.h"
#include "gardener/seed_for_test.h"
#include "gmock/gmock.h"

// Whole operations against an API server. The numbers are those of the test vectors of spec 60.
namespace crm::gardener {
namespace {

using kube::resources::kConfigMaps;
using kube::resources::kEvents;
using kube::resources::kExtensions;
using kube::resources::kManagedResources;
using kube::resources::kSecrets;
using testing::HasSubstr;
using testing::Not;

class Flow : public Seed {};

constexpr char kConfig[] =
    R"({"spec":{"providerConfig":{"configs":{"default":"policy:\n  Active: none\n"}}}})";

TEST_F(Flow, CreateHandsOverAndReconcileWithoutChangeWritesNothing) {
  CreateExtension(kConfig);
  const Reconciler::Result created = RunOnce();
  ASSERT_TRUE(created.status.ok()) << created.status;
  EXPECT_EQ(created.again_after, absl::Hours(1));
  EXPECT_EQ(LastOperation()["type"], "Create");
  EXPECT_EQ(LastOperation()["state"], "Succeeded");
  EXPECT_TRUE(kube::HasFinalizer(Extension(), kFinalizer));
  EXPECT_THAT(Delivered(), HasSubstr(R"("data":{"policy":"Active: none\n"})"));
  const Json before = ShootManagedResource();
  EXPECT_EQ(before["metadata"]["labels"]["origin"], "cri-resmgr-extension");

  Annotate("reconcile");
  ASSERT_TRUE(RunOnce().status.ok());
  EXPECT_EQ(LastOperation()["type"], "Reconcile");
  EXPECT_EQ(kube::Annotation(Extension(), kOperationAnnotation), nullptr);
  EXPECT_EQ(ShootManagedResource(), before) << "vector 26: nothing differs, nothing is written";
  EXPECT_EQ(Count(kEvents), 0u);
}

TEST_F(Flow, Vector26ChangedContentTakesANewSecret) {
  CreateExtension(kConfig);
  ASSERT_TRUE(RunOnce().status.ok());
  const std::string old_secret = ShootManagedResource()["spec"]["secretRefs"][0]["name"];
  Patch(kSecrets, old_secret, {{"metadata", {{"labels", nullptr}}}});
  Patch(kExtensions, kExtensionType,
        {{"spec",
          {{"providerConfig",
            {{"configs",
              {{"default", "policy: {Active: topology-aware, ReservedResources: {CPU: 750m}}"}}}}}}}});
  ASSERT_TRUE(RunOnce().status.ok());
  EXPECT_NE(ShootManagedResource()["spec"]["secretRefs"][0]["name"], old_secret);
  EXPECT_EQ(Read(kSecrets, old_secret)["metadata"]["labels"][std::string(kGarbageCollectableLabel)], "true");
  EXPECT_THAT(Delivered(), HasSubstr("Active: topology-aware"));
}

TEST_F(Flow, Vectors31And39BaseConfigsAndTheirErrors) {
  Create(kConfigMaps, kExtensionNs, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{
      "name":"gardener-extension-cri-resmgr-configs"},"data":{"default":"policy: {Active: none}","group.g":"a: 1",
      "fallback":"b: 2"}})");
  CreateExtension(R"({"spec":{"providerConfig":{"configs":{"group.g":""}}}})");
  ASSERT_TRUE(RunOnce().status.ok());
  EXPECT_THAT(Delivered(), HasSubstr("cri-resmgr-config.default"));
  EXPECT_THAT(Delivered(), HasSubstr(R"("fallback.cfg":"b: 2")"));
  EXPECT_THAT(Delivered(), Not(HasSubstr("group.g")));
  const std::string before = Delivered();

  server_->InjectFault({"GET", "/api/v1/namespaces/extension-x/configmaps", 500, 10});
  Annotate("reconcile");
  EXPECT_FALSE(RunOnce().status.ok());
  EXPECT_EQ(LastOperation()["state"], "Error");
  EXPECT_FALSE(Extension()["status"]["lastError"].contains("codes")) << "not the shoot owner's fault";
  EXPECT_EQ(Delivered(), before);
}

TEST_F(Flow, BrokenBaseConfigKeepsWhatTheShootHas) {
  const auto write = [&](const std::string& text) {
    ASSERT_TRUE(client_
                    ->Patch(kConfigMaps, kExtensionNs, kBaseConfigMap, kube::PatchType::kMerge,
                            Json{{"data", {{"default", text}}}}, {})
                    .ok());
  };
  Create(kConfigMaps, kExtensionNs, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{
      "name":"gardener-extension-cri-resmgr-configs"},"data":{"default":"policy: {Active: none}"}})");
  CreateExtension();
  ASSERT_TRUE(RunOnce().status.ok());
  const std::string before = Delivered();
  write("- broken");
  ASSERT_TRUE(RunOnce().status.ok()) << "a new process, which never saw the good text";
  EXPECT_EQ(Delivered(), before);
  EXPECT_EQ(Count(kEvents, kExtensionNs), 1u) << "the operator is told";
  ASSERT_TRUE(RunOnce().status.ok());
  EXPECT_EQ(Count(kEvents, kExtensionNs), 1u) << "once, also after a restart";
}

TEST_F(Flow, WrongProviderConfigIsTheOwnersProblemAndKeepsWhatRuns) {
  CreateExtension(kConfig);
  ASSERT_TRUE(RunOnce().status.ok());
  const std::string before = Delivered();
  for (const char* wrong : {R"({"configs":{"default":5}})", R"({"configs":{"default":"- a"}})",
                            R"({"configs":{"Default":"a: 1"}})", R"({"nodeSelector":{"a b":"c"}})"}) {
    Patch(kExtensions, kExtensionType, {{"spec", {{"providerConfig", nullptr}}}});
    Patch(kExtensions, kExtensionType, {{"spec", {{"providerConfig", Json::parse(wrong)}}}});
    EXPECT_FALSE(RunOnce().status.ok()) << wrong;
    EXPECT_EQ(Extension()["status"]["lastError"]["codes"], Json::parse(R"(["ERR_CONFIGURATION_PROBLEM"])"))
        << wrong;
    EXPECT_EQ(Delivered(), before) << wrong;
  }
  Patch(kExtensions, kExtensionType, {{"spec", {{"providerConfig", nullptr}}}});
  ASSERT_TRUE(RunOnce().status.ok());
  EXPECT_FALSE(Extension()["status"].contains("lastError"));
}

TEST_F(Flow, OtherFindingsWarnOnceAndAreDelivered) {
  CreateExtension(
      R"({"spec":{"providerConfig":{"unknown":1,"configs":{"default":"policy: {Active: nonsense}"}}}})");
  ASSERT_TRUE(RunOnce().status.ok());
  EXPECT_THAT(Delivered(), HasSubstr("Active: nonsense"));
  ASSERT_TRUE(RunOnce().status.ok());
  const auto events = client_->List(kEvents, kShootNs, {});
  ASSERT_EQ((*events)["items"].size(), 1u);
  const std::string message = (*events)["items"][0]["message"];
  EXPECT_THAT(message, HasSubstr("providerConfig: unknown"));
  EXPECT_THAT(message, HasSubstr("configs.default: "));
  EXPECT_EQ((*events)["items"][0]["involvedObject"]["name"], "cri-resmgr-extension");
}

TEST_F(Flow, Vector29DeleteWithoutCluster) {
  CreateExtension(kConfig);
  ASSERT_TRUE(RunOnce().status.ok());
  ASSERT_TRUE(client_->Delete(kube::resources::kClusters, "", kShootNs, {}).ok());
  EXPECT_FALSE(RunOnce().status.ok()) << "a shoot's Extension is not reconciled without its Cluster";
  DeleteExtension();
  ASSERT_TRUE(RunOnce().status.ok());
  EXPECT_TRUE(Extension().is_null());
  EXPECT_TRUE(ShootManagedResource().is_null());
  EXPECT_EQ(Count(kSecrets), 0u);
}

TEST_F(Flow, DeleteWaitsForTheResourceManagerWithoutAnError) {
  CreateExtension(kConfig);
  ASSERT_TRUE(RunOnce().status.ok());
  Patch(kManagedResources, kShootManagedResource, {{"metadata", {{"finalizers", {"grm"}}}}});
  DeleteExtension();
  const auto actuator = NewActuator(*client_);
  Reconciler reconciler(*client_, *actuator, {});
  Reconciler::Result result = reconciler.Reconcile(kShootNs, kExtensionType);
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.again_after, absl::Seconds(2));
  EXPECT_EQ(LastOperation()["state"], "Processing");
  EXPECT_FALSE(Extension()["status"].contains("lastError"));

  now_ += absl::Minutes(3);
  result = reconciler.Reconcile(kShootNs, kExtensionType);
  EXPECT_THAT(std::string(result.status.message()),
              HasSubstr("resource shoot--a--b/extension-runtime-cri-resmgr still exists"));
  EXPECT_EQ(LastOperation()["state"], "Error");

  Patch(kManagedResources, kShootManagedResource, {{"metadata", {{"finalizers", nullptr}}}});
  EXPECT_TRUE(reconciler.Reconcile(kShootNs, kExtensionType).status.ok());
  EXPECT_TRUE(Extension().is_null());
}

TEST_F(Flow, Vector29ForceDeleteIgnoresAStuckManagedResource) {
  CreateExtension(kConfig);
  ASSERT_TRUE(RunOnce().status.ok());
  Patch(kManagedResources, kShootManagedResource, {{"metadata", {{"finalizers", {"grm"}}}}});
  Patch(
      kube::resources::kClusters, kShootNs,
      {{"spec",
        {{"shoot", {{"metadata", {{"annotations", {{std::string(kForceDeletionAnnotation), "true"}}}}}}}}}});
  DeleteExtension();
  const auto actuator = NewActuator(*client_);
  Reconciler reconciler(*client_, *actuator, {});
  EXPECT_EQ(reconciler.Reconcile(kShootNs, kExtensionType).again_after, absl::Seconds(2));
  now_ += absl::Seconds(11);
  EXPECT_TRUE(reconciler.Reconcile(kShootNs, kExtensionType).status.ok());
  EXPECT_TRUE(Extension().is_null());
}

TEST_F(Flow, Vectors21And28MigrateKeepsObjectsAndDropsAllFinalizers) {
  CreateExtension(kConfig);
  ASSERT_TRUE(RunOnce().status.ok());
  Patch(kExtensions, kExtensionType, {{"metadata", {{"finalizers", {"a", std::string(kFinalizer)}}}}});
  Patch(kManagedResources, kShootManagedResource, {{"metadata", {{"finalizers", {"grm"}}}}});
  Annotate("migrate");
  EXPECT_EQ(RunOnce().again_after, absl::Seconds(2));
  EXPECT_EQ(ShootManagedResource()["spec"]["keepObjects"], true);
  EXPECT_TRUE(kube::IsBeingDeleted(ShootManagedResource()));
  Patch(kManagedResources, kShootManagedResource, {{"metadata", {{"finalizers", nullptr}}}});
  ASSERT_TRUE(RunOnce().status.ok()) << "an absent ManagedResource is fine";
  EXPECT_TRUE(kube::Finalizers(Extension()).empty());
  EXPECT_EQ(kube::Annotation(Extension(), kOperationAnnotation), nullptr);
  EXPECT_EQ(LastOperation()["type"], "Migrate");
  const Json migrated = Extension();
  ASSERT_TRUE(RunOnce().status.ok());
  EXPECT_EQ(Extension(), migrated) << "vector 14: left alone";
}

TEST_F(Flow, Vectors15And20NoWritesAtAll) {
  CreateExtension();
  Annotate("wait-for-state");
  Json before = Extension();
  ASSERT_TRUE(RunOnce().status.ok());
  EXPECT_EQ(Extension(), before);
  Annotate("restore");
  ASSERT_TRUE(RunOnce().status.ok());
  EXPECT_EQ(LastOperation()["type"], "Restore");
  EXPECT_EQ(kube::Annotation(Extension(), kOperationAnnotation), nullptr);

  Patch(kExtensions, kExtensionType, {{"metadata", {{"finalizers", {"foreign"}}}}});
  DeleteExtension();
  before = Extension();
  ASSERT_TRUE(RunOnce().status.ok());
  EXPECT_EQ(Extension(), before);
}

TEST_F(Flow, Vector6FailedShootIsLeftAlone) {
  Patch(kube::resources::kClusters, kShootNs,
        Json::parse(R"({"spec":{"shoot":{"status":{"lastOperation":{"state":"Failed"}}}}})"));
  CreateExtension(kConfig);
  const Json before = Extension();
  ASSERT_TRUE(RunOnce().status.ok());
  EXPECT_EQ(Extension(), before);
}

TEST_F(Flow, ReenabledWhileTheOldManagedResourceIsStillBeingDeleted) {
  CreateExtension(kConfig);
  ASSERT_TRUE(RunOnce().status.ok());
  Patch(kManagedResources, kShootManagedResource, {{"metadata", {{"finalizers", {"grm"}}}}});
  ASSERT_TRUE(client_->Delete(kManagedResources, kShootNs, kShootManagedResource, {}).ok());
  EXPECT_EQ(RunOnce().again_after, absl::Seconds(2));
  Patch(kManagedResources, kShootManagedResource, {{"metadata", {{"finalizers", nullptr}}}});
  ASSERT_TRUE(RunOnce().status.ok());
  EXPECT_FALSE(ShootManagedResource().is_null());
}

class FailingActuator : public Actuator {
 public:
  explicit FailingActuator(absl::Status status) : status_(std::move(status)) {}
  absl::Status Reconcile(const Json&, const Json*) override { return status_; }
  absl::Status Delete(const Json&, const Json*) override { throw std::runtime_error("defect"); }
  absl::Status ForceDelete(const Json&) override { return status_; }
  absl::Status Migrate(const Json&) override { return status_; }

 private:
  const absl::Status status_;
};

TEST_F(Flow, Vector19RequeueAfterIsNoFailure) {
  CreateExtension();
  FailingActuator actuator(RequeueAfter(absl::InternalError("x"), absl::Seconds(10)));
  Reconciler reconciler(*client_, actuator, {});
  EXPECT_EQ(reconciler.Reconcile(kShootNs, kExtensionType).again_after, absl::Seconds(10));
  EXPECT_THAT(LastOperation()["description"].get<std::string>(), testing::EndsWith(": x"));
  DeleteExtension();
  EXPECT_THAT(std::string(reconciler.Reconcile(kShootNs, kExtensionType).status.message()),
              HasSubstr("defect"));
  EXPECT_THAT(LastOperation()["description"].get<std::string>(), HasSubstr("defect"));
}

}  // namespace
}  // namespace crm::gardener
