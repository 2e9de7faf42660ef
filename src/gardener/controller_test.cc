#include "gardener/controller.h"

#include "gardener/seed_for_test.h"

namespace crm::gardener {
namespace {

using kube::resources::kConfigMaps;
using kube::resources::kExtensions;

/// The running controller on an embedded API server. Waiting is for a condition, never for a time.
class Running : public Seed {
 protected:
  void SetUp() override {
    Seed::SetUp();
    actuator_ = NewActuator(*client_);
    reconciler_ = std::make_unique<Reconciler>(*client_, *actuator_, Reconciler::Options());
  }
  void StartController(Mode mode = Mode::kAnnotation) {
    Controller::Options options;
    options.workers = 2;
    options.mode = mode;
    options.config_map_namespace = kExtensionNs;
    options.fan_out_interval = absl::Milliseconds(1);
    controller_ = std::make_unique<Controller>(*client_, *reconciler_, options);
    controller_->Start();
  }
  void TearDown() override { controller_.reset(); }

  void Await(const char* what, const std::function<bool()>& condition) {
    for (const absl::Time end = absl::Now() + absl::Seconds(60); absl::Now() < end;) {
      if (condition()) return;
      absl::SleepFor(absl::Milliseconds(5));
    }
    FAIL() << "not within 60 s: " << what << "; extension: " << Extension().dump();
  }
  bool Succeeded(const std::string& type) {
    const Json last = LastOperation();
    return kube::FindString(last, {"type"}) == type && kube::FindString(last, {"state"}) == "Succeeded" &&
           kube::Annotation(Extension(), kOperationAnnotation) == nullptr;
  }
  bool DeliveredContains(const std::string& text) { return Delivered().find(text) != std::string::npos; }
  void WriteBase(const std::string& text) {
    const Json object = {{"apiVersion", "v1"},
                         {"kind", "ConfigMap"},
                         {"metadata", {{"name", kBaseConfigMap}, {"namespace", kExtensionNs}}},
                         {"data", {{"default", text}}}};
    if (Read(kConfigMaps, kBaseConfigMap, kExtensionNs).is_null()) {
      ASSERT_TRUE(client_->Create(kConfigMaps, kExtensionNs, object).ok());
    } else {
      ASSERT_TRUE(
          client_->Patch(kConfigMaps, kExtensionNs, kBaseConfigMap, kube::PatchType::kMerge, object, {})
              .ok());
    }
  }

  std::unique_ptr<InstallationActuator> actuator_;
  std::unique_ptr<Reconciler> reconciler_;
  std::unique_ptr<Controller> controller_;
};

TEST_F(Running, FollowsAnExtensionFromCreationToDeletion) {
  StartController();
  CreateExtension(R"({"spec":{"providerConfig":{"configs":{"default":"policy: {Active: none}"}}}})");
  Await("created", [&] { return Succeeded("Create"); });
  Patch(kExtensions, kExtensionType,
        {{"metadata", {{"annotations", {{std::string(kOperationAnnotation), "reconcile"}}}}},
         {"spec",
          {{"providerConfig",
            {{"configs",
              {{"default", "policy: {Active: topology-aware, ReservedResources: {CPU: 750m}}"}}}}}}}});
  Await("reconciled", [&] { return Succeeded("Reconcile") && DeliveredContains("topology-aware"); });
  DeleteExtension();
  Await("gone", [&] { return Extension().is_null(); });
  EXPECT_TRUE(ShootManagedResource().is_null());
}

TEST_F(Running, BaseConfigChangesReachExistingExtensions) {
  StartController();
  CreateExtension();
  Await("created", [&] { return Succeeded("Create"); });
  WriteBase("policy: {Active: none}");
  Await("created base", [&] { return DeliveredContains("Active: none"); });
  WriteBase("policy: {Active: topology-aware, ReservedResources: {CPU: 750m}}");
  Await("changed base", [&] { return DeliveredContains("Active: topology-aware"); });
  ASSERT_TRUE(client_->Delete(kConfigMaps, kExtensionNs, kBaseConfigMap, {}).ok());
  Await("deleted base", [&] { return !DeliveredContains("cri-resmgr-config.default"); });
}

TEST_F(Running, BaseConfigChangedWhileNoControllerRan) {
  CreateExtension();
  ASSERT_TRUE(RunOnce().status.ok());
  WriteBase("policy: {Active: none}");
  StartController();
  Await("followed", [&] { return DeliveredContains("Active: none"); });
}

TEST_F(Running, SurvivesErrorsConflictsAndDroppedWatches) {
  StartController();
  server_->InjectFault({"GET", "/api/v1/namespaces/extension-x/configmaps", 500, 2});
  server_->InjectFault({"POST", "/apis/resources.gardener.cloud", 500, 1});
  server_->InjectFault({"PATCH", "/apis/extensions.gardener.cloud", 409, 2});
  server_->InjectFault({"POST", "/api/v1/namespaces/shoot--a--b/secrets", 0, 1});
  CreateExtension(R"({"spec":{"providerConfig":{"configs":{"default":"policy: {Active: none}"}}}})");
  Await("created", [&] { return Succeeded("Create"); });
  server_->DropWatches();
  server_->CompactHistory();
  server_->InjectFault({"PUT", "/apis/resources.gardener.cloud", 409, 1});
  Patch(kExtensions, kExtensionType,
        {{"metadata", {{"annotations", {{std::string(kOperationAnnotation), "reconcile"}}}}},
         {"spec",
          {{"providerConfig",
            {{"configs",
              {{"default", "policy: {Active: topology-aware, ReservedResources: {CPU: 750m}}"}}}}}}}});
  Await("reconciled", [&] { return Succeeded("Reconcile") && DeliveredContains("topology-aware"); });
  server_->DropWatches();
  DeleteExtension();
  Await("gone", [&] { return Extension().is_null(); });
}

TEST_F(Running, GenerationModeFollowsSpecAndCluster) {
  StartController(Mode::kGeneration);
  CreateExtension();
  Await("created", [&] { return Succeeded("Create"); });
  Await("synced", [&] { return controller_->HasSynced(); });
  Patch(kube::resources::kClusters, kShootNs,
        Json::parse(R"({"spec":{"shoot":{"spec":{"extensions":[{"type":"cri-resmgr-extension",
            "providerConfig":{"configs":{"default":"policy: {Active: none}"}}}]}}}})"));
  Await("cluster followed", [&] { return DeliveredContains("Active: none"); });
  Patch(
      kExtensions, kExtensionType,
      Json::parse(
          R"({"spec":{"providerConfig":{"configs":{"default":"policy: {Active: topology-aware, ReservedResources: {CPU: 750m}}"}}}})"));
  Await("spec followed", [&] { return DeliveredContains("Active: topology-aware"); });
}

TEST_F(Running, OtherTypesAndClassesAreNotTouched) {
  StartController();
  CreateExtension(R"({"metadata":{"name":"other"},"spec":{"type":"other"}})");
  CreateExtension(R"({"metadata":{"name":"seedling"},"spec":{"class":"seed"}})");
  CreateExtension();
  Await("created", [&] { return Succeeded("Create"); });
  for (const char* name : {"other", "seedling"}) {
    EXPECT_EQ(kube::Find(Read(kExtensions, name), {"status"}), nullptr) << name;
  }
}

}  // namespace
}  // namespace crm::gardener
