#include "gardener/predicates.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

// The numbers are those of the test vectors of spec 60.
namespace crm::gardener {
namespace {

Json Extension(const std::string& text = "{}") {
  Json extension = Json::parse(R"({"metadata":{"namespace":"shoot--a--b","name":"cri-resmgr-extension",
      "uid":"1","generation":3},"spec":{"type":"cri-resmgr-extension"}})");
  extension.merge_patch(Json::parse(text));
  return extension;
}

constexpr char kReconcile[] = R"({"metadata":{"annotations":{"gardener.cloud/operation":"reconcile"}}})";
constexpr char kDeleted[] = R"({"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}})";
constexpr Mode kDefault = Mode::kAnnotation;

TEST(Predicates, Vector1CreateDependsOnTheLastOperation) {
  EXPECT_FALSE(
      TriggersOnCreate(Extension(R"({"status":{"lastOperation":{"state":"Succeeded"}}})"), kDefault));
  EXPECT_TRUE(TriggersOnCreate(Extension(R"({"status":{"lastOperation":{"state":"Error"}}})"), kDefault));
  EXPECT_TRUE(TriggersOnCreate(Extension(), kDefault));
  EXPECT_TRUE(TriggersOnCreate(Extension(R"({"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"},
      "status":{"lastOperation":{"state":"Succeeded"}}})"),
                               kDefault));
}

TEST(Predicates, Vector2UpdateNeedsAKnownOperationAnnotation) {
  EXPECT_TRUE(TriggersOnUpdate(Extension(), Extension(kReconcile), kDefault));
  EXPECT_FALSE(TriggersOnUpdate(
      Extension(), Extension(R"({"metadata":{"annotations":{"gardener.cloud/operation":"keepalive"}}})"),
      kDefault));
  EXPECT_FALSE(
      TriggersOnUpdate(Extension(), Extension(R"({"metadata":{"generation":4},"spec":{"x":1}})"), kDefault));
}

TEST(Predicates, Vector3DeletionIgnoresOwnStatusWrites) {
  const Json old_extension = Extension(kDeleted);
  Json stamped = old_extension;
  stamped["metadata"]["annotations"]["gardener.cloud/timestamp"] = "2026-01-01T00:00:01Z";
  EXPECT_TRUE(TriggersOnUpdate(old_extension, stamped, kDefault));
  Json observed = old_extension;
  observed["status"]["observedGeneration"] = 3;
  EXPECT_FALSE(TriggersOnUpdate(old_extension, observed, kDefault));
}

TEST(Predicates, DeletionSeenTogetherWithAStatusChangeIsNotLost) {
  Json deleted = Extension(kDeleted);
  deleted["status"]["observedGeneration"] = 3;
  EXPECT_TRUE(TriggersOnUpdate(Extension(), deleted, kDefault));
}

TEST(Predicates, OneTriggerIsOneRun) {
  const Json triggered = Extension(R"({"metadata":{"annotations":{"gardener.cloud/operation":"restore"}}})");
  Json processing = triggered;
  processing["status"]["lastOperation"] = {{"type", "Restore"}, {"state", "Processing"}};
  processing["metadata"]["finalizers"] = {"extensions.gardener.cloud/cri-resmgr-extension"};
  processing["metadata"]["resourceVersion"] = "17";
  EXPECT_FALSE(TriggersOnUpdate(triggered, processing, kDefault));
  Json done = processing;
  done["metadata"]["annotations"].erase("gardener.cloud/operation");
  EXPECT_FALSE(TriggersOnUpdate(processing, done, kDefault));
  Json again = processing;
  again["metadata"]["annotations"]["gardener.cloud/timestamp"] = "2026-01-01T00:00:01Z";
  EXPECT_TRUE(TriggersOnUpdate(processing, again, kDefault)) << "a new trigger while the first one runs";
}

TEST(Predicates, Vector4IgnoreModeFollowsTheGeneration) {
  EXPECT_FALSE(TriggersOnUpdate(Extension(), Extension(kReconcile), Mode::kGeneration));
  EXPECT_TRUE(
      TriggersOnUpdate(Extension(), Extension(R"({"metadata":{"generation":4}})"), Mode::kGeneration));
  EXPECT_TRUE(TriggersOnCreate(Extension(R"({"status":{"lastOperation":{"state":"Succeeded"}}})"),
                               Mode::kGeneration));
}

TEST(Predicates, Vector5TypeAndClass) {
  EXPECT_FALSE(HasClass(Extension(R"({"spec":{"class":"seed"}})"), {"shoot"}));
  EXPECT_FALSE(HasClass(Extension(R"({"spec":{"class":"seed"}})"), {}));
  EXPECT_TRUE(HasClass(Extension(R"({"spec":{"class":"seed"}})"), {"shoot", "seed"}));
  EXPECT_TRUE(HasClass(Extension(R"({"spec":{"class":""}})"), {"shoot"}));
  EXPECT_TRUE(HasClass(Extension(), {""}));
  EXPECT_FALSE(HasOurType(Extension(R"({"spec":{"type":"other"}})")));
  EXPECT_TRUE(HasOurType(Extension()));
}

TEST(Predicates, Vector6FailedShoot) {
  const Json failed = Json::parse(R"({"spec":{"shoot":{"status":{"lastOperation":{"state":"Failed"}}}}})");
  const Json nothing = Json::parse(R"({"spec":{"shoot":null}})");
  EXPECT_TRUE(ShootFailed(&failed));
  EXPECT_FALSE(ShootFailed(&nothing));
  EXPECT_FALSE(ShootFailed(nullptr));
}

TEST(Predicates, Vector7ClusterChanges) {
  const Json cluster = Json::parse(R"({"spec":{"shoot":{"spec":{"extensions":[
      {"type":"other"},{"type":"cri-resmgr-extension"}],"kubernetes":{"version":"1.30.1"}},"status":{}}}})");
  Json status = cluster;
  status["spec"]["shoot"]["status"]["lastOperation"]["state"] = "Processing";
  EXPECT_FALSE(ClusterChangeMatters(cluster, status));
  Json foreign = cluster;
  foreign["spec"]["shoot"]["spec"]["extensions"][0]["disabled"] = true;
  EXPECT_FALSE(ClusterChangeMatters(cluster, foreign));
  Json ours = cluster;
  ours["spec"]["shoot"]["spec"]["extensions"][1]["providerConfig"] = Json::object();
  EXPECT_TRUE(ClusterChangeMatters(cluster, ours));
  Json version = cluster;
  version["spec"]["shoot"]["spec"]["kubernetes"]["version"] = "1.30.2";
  EXPECT_TRUE(ClusterChangeMatters(cluster, version));
  Json asleep = cluster;
  asleep["spec"]["shoot"]["spec"]["hibernation"]["enabled"] = true;
  EXPECT_TRUE(ClusterChangeMatters(cluster, asleep));
}

TEST(Predicates, Vectors46And47FanOutTakesProcessingAndNewOnes) {
  EXPECT_TRUE(TakesBaseConfigChange(Extension(R"({"status":{"lastOperation":{"state":"Processing"}}})"), {}));
  EXPECT_TRUE(TakesBaseConfigChange(Extension(R"({"status":{"lastOperation":{"state":"Succeeded"}}})"), {}));
  EXPECT_TRUE(TakesBaseConfigChange(Extension(), {}));
  EXPECT_FALSE(TakesBaseConfigChange(Extension(R"({"spec":{"type":"other"}})"), {}));
  EXPECT_FALSE(TakesBaseConfigChange(Extension(kDeleted), {}));
  EXPECT_FALSE(TakesBaseConfigChange(Extension(R"({"status":{"lastOperation":{"type":"Migrate"}}})"), {}));
  EXPECT_FALSE(TakesBaseConfigChange(Extension(R"({"spec":{"class":"garden"}})"), {"shoot"}));
}

TEST(Predicates, Vector48OnlyTheBaseConfigMapOfOurNamespace) {
  const auto named = [](const std::string& ns, const std::string& name) {
    return Json{{"metadata", {{"namespace", ns}, {"name", name}}}};
  };
  EXPECT_TRUE(IsBaseConfigMap(named("ext", "gardener-extension-cri-resmgr-configs"), "ext"));
  EXPECT_FALSE(IsBaseConfigMap(named("other", "gardener-extension-cri-resmgr-configs"), "ext"));
  EXPECT_FALSE(IsBaseConfigMap(named("ext", "kube-root-ca.crt"), "ext"));
  EXPECT_FALSE(IsBaseConfigMap(named("", "gardener-extension-cri-resmgr-configs"), ""));
}

}  // namespace
}  // namespace crm::gardener
