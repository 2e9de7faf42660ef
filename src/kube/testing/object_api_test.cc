#include "kube/testing/object_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/testing/call_for_test.h"

namespace crm::kube::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class ObjectApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = OpenForTest();
    ASSERT_NE(server_, nullptr);
  }
  Answered Do(const std::string& method, const std::string& target, const Json& body) {
    return CallJson(*server_, method, target, body);
  }
  Answered Get(const std::string& target) { return Call(*server_, "GET", target); }
  Answered Delete(const std::string& target) { return Call(*server_, "DELETE", target); }
  Answered Merge(const std::string& target, const Json& patch) {
    return CallJson(*server_, "PATCH", target, patch, kMergePatch);
  }

  const std::string maps_ = kConfigMapsPath;
  const std::string widgets_ = kWidgetsPath;
  std::unique_ptr<ApiServer> server_;
};

TEST_F(ObjectApiTest, CreationFillsInTheServersFields) {
  Json wanted = ConfigMap("a");
  wanted["metadata"]["uid"] = "mine";
  wanted["metadata"]["generation"] = 7;
  const Answered created = Do("POST", maps_, wanted);
  ASSERT_EQ(created.code, 201);
  const Json& metadata = created.body["metadata"];
  EXPECT_EQ(metadata["namespace"], "default");
  EXPECT_THAT(metadata["uid"].get<std::string>(), MatchesRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"));
  EXPECT_THAT(metadata["creationTimestamp"].get<std::string>(), MatchesRegex("....-..-..T..:..:..Z"));
  EXPECT_FALSE(metadata.contains("generation"));
  EXPECT_EQ(Get(maps_ + "/a").body, created.body);
}

TEST_F(ObjectApiTest, RevisionsGrowWithEveryChangeOfAnyObject) {
  const Answered a = Do("POST", maps_, ConfigMap("a"));
  const Answered w = Do("POST", widgets_, Widget("w", 1));
  const Answered b = Merge(maps_ + "/a", {{"data", {{"key", "other"}}}});
  EXPECT_LT(std::stol(a.version()), std::stol(w.version()));
  EXPECT_LT(std::stol(w.version()), std::stol(b.version()));
  EXPECT_EQ(b.body["metadata"]["uid"], a.body["metadata"]["uid"]);
}

TEST_F(ObjectApiTest, AWriteThatChangesNothingKeepsTheRevision) {
  const Answered a = Do("POST", maps_, ConfigMap("a"));
  EXPECT_EQ(Merge(maps_ + "/a", {{"data", {{"key", "value"}}}}).version(), a.version());
  EXPECT_EQ(Do("PUT", maps_ + "/a", a.body).version(), a.version());
}

TEST_F(ObjectApiTest, RefusesToCreateTwiceAndInMissingNamespaces) {
  ASSERT_EQ(Do("POST", maps_, ConfigMap("a")).code, 201);
  const Answered again = Do("POST", maps_, ConfigMap("a"));
  EXPECT_EQ(again.code, 409);
  EXPECT_EQ(again.reason(), "AlreadyExists");
  EXPECT_EQ(again.body["message"], "configmaps \"a\" already exists");
  const Answered nowhere = Do("POST", "/api/v1/namespaces/missing/configmaps", ConfigMap("a"));
  EXPECT_EQ(nowhere.code, 404);
  EXPECT_EQ(nowhere.body["message"], "namespaces \"missing\" not found");
}

TEST_F(ObjectApiTest, GeneratesNames) {
  Json object = ConfigMap("");
  object["metadata"]["generateName"] = "gen-";
  object["metadata"].erase("name");
  const Answered one = Do("POST", maps_, object);
  const Answered two = Do("POST", maps_, object);
  ASSERT_EQ(one.code, 201);
  ASSERT_EQ(two.code, 201);
  EXPECT_THAT(one.body["metadata"]["name"].get<std::string>(), MatchesRegex("gen-[a-z0-9]{5}"));
  EXPECT_NE(one.body["metadata"]["name"], two.body["metadata"]["name"]);
}

TEST_F(ObjectApiTest, OldRevisionsConflict) {
  const Answered a = Do("POST", maps_, ConfigMap("a"));
  ASSERT_EQ(Merge(maps_ + "/a", {{"data", {{"key", "new"}}}}).code, 200);
  const Answered put = Do("PUT", maps_ + "/a", a.body);
  EXPECT_EQ(put.code, 409);
  EXPECT_EQ(put.reason(), "Conflict");
  EXPECT_THAT(put.body["message"].get<std::string>(), HasSubstr("the object has been modified"));
  EXPECT_EQ(Merge(maps_ + "/a", {{"metadata", {{"resourceVersion", a.version()}}}}).code, 409);
  Json other_uid = ConfigMap("a");
  other_uid["metadata"]["uid"] = "11111111-2222-3333-4444-555555555555";
  EXPECT_EQ(Do("PUT", maps_ + "/a", other_uid).code, 409);
  EXPECT_EQ(Get(maps_ + "/a").body["data"]["key"], "new");
}

TEST_F(ObjectApiTest, CustomResourcesNeedARevisionForPut) {
  ASSERT_EQ(Do("POST", widgets_, Widget("w", 1)).code, 201);
  const Answered put = Do("PUT", widgets_ + "/w", Widget("w", 2));
  EXPECT_EQ(put.code, 422);
  EXPECT_EQ(put.reason(), "Invalid");
  EXPECT_EQ(Get(widgets_ + "/w").body["spec"]["size"], 1);
}

TEST_F(ObjectApiTest, GenerationCountsChangesOfTheWantedStateOnly) {
  Answered w = Do("POST", widgets_, Widget("w", 1));
  EXPECT_EQ(w.body["metadata"]["generation"], 1);
  w = Merge(widgets_ + "/w", {{"metadata", {{"labels", {{"a", "b"}}}}}});
  EXPECT_EQ(w.body["metadata"]["generation"], 1);
  w = Merge(widgets_ + "/w/status", {{"status", {{"x", 1}}}});
  EXPECT_EQ(w.body["metadata"]["generation"], 1);
  w = Merge(widgets_ + "/w", {{"spec", {{"size", 2}}}});
  EXPECT_EQ(w.body["metadata"]["generation"], 2);
}

TEST_F(ObjectApiTest, StatusAndMainWritesDoNotTouchEachOther) {
  Json with_status = Widget("w", 1);
  with_status["status"] = {{"x", 0}};
  EXPECT_FALSE(Do("POST", widgets_, with_status).body.contains("status"));
  Answered w =
      Merge(widgets_ + "/w/status",
            {{"status", {{"x", 1}}}, {"spec", {{"size", 9}}}, {"metadata", {{"labels", {{"a", "b"}}}}}});
  EXPECT_EQ(w.body["status"]["x"], 1);
  EXPECT_EQ(w.body["spec"]["size"], 1);
  EXPECT_FALSE(w.body["metadata"].contains("labels"));
  w = Merge(widgets_ + "/w", {{"status", {{"x", 2}}}, {"spec", {{"size", 3}}}});
  EXPECT_EQ(w.body["status"]["x"], 1);
  EXPECT_EQ(w.body["spec"]["size"], 3);
  EXPECT_EQ(Get(maps_ + "/a/status").code, 404);
}

TEST_F(ObjectApiTest, FinalizersHoldADeletedObject) {
  Json object = Widget("w", 1);
  object["metadata"]["finalizers"] = {"x.io/f", "x.io/g"};
  ASSERT_EQ(Do("POST", widgets_, object).code, 201);
  const Answered deleted = Delete(widgets_ + "/w");
  ASSERT_EQ(deleted.code, 200);
  EXPECT_EQ(deleted.body["kind"], "Widget");
  EXPECT_TRUE(deleted.body["metadata"].contains("deletionTimestamp"));
  EXPECT_EQ(deleted.body["metadata"]["deletionGracePeriodSeconds"], 0);
  EXPECT_EQ(deleted.body["metadata"]["generation"], 2);
  EXPECT_EQ(Delete(widgets_ + "/w").version(), deleted.version());

  const Answered added =
      Merge(widgets_ + "/w", {{"metadata", {{"finalizers", {"x.io/f", "x.io/g", "x.io/new"}}}}});
  EXPECT_EQ(added.code, 422);
  // The time of deletion can not be taken back.
  EXPECT_TRUE(Merge(widgets_ + "/w", {{"metadata", {{"deletionTimestamp", nullptr}}}})
                  .body["metadata"]
                  .contains("deletionTimestamp"));
  ASSERT_EQ(Merge(widgets_ + "/w", {{"metadata", {{"finalizers", {"x.io/g"}}}}}).code, 200);
  EXPECT_EQ(Get(widgets_ + "/w").code, 200);
  ASSERT_EQ(Merge(widgets_ + "/w", {{"metadata", {{"finalizers", nullptr}}}}).code, 200);
  EXPECT_EQ(Get(widgets_ + "/w").code, 404);
}

TEST_F(ObjectApiTest, DeletionHonoursPreconditionsAndDryRun) {
  const Answered a = Do("POST", maps_, ConfigMap("a"));
  EXPECT_EQ(Do("DELETE", maps_ + "/a", {{"preconditions", {{"uid", "other"}}}}).code, 409);
  EXPECT_EQ(Do("DELETE", maps_ + "/a", {{"preconditions", {{"resourceVersion", "1"}}}}).code, 409);
  EXPECT_EQ(Delete(maps_ + "/a?dryRun=All").code, 200);
  EXPECT_EQ(Get(maps_ + "/a").code, 200);
  const Answered deleted =
      Do("DELETE", maps_ + "/a", {{"preconditions", {{"uid", a.body["metadata"]["uid"]}}}});
  EXPECT_EQ(deleted.body["kind"], "Status");
  EXPECT_EQ(deleted.body["status"], "Success");
  EXPECT_EQ(Delete(maps_ + "/a").code, 404);
}

TEST_F(ObjectApiTest, DryRunWritesNothing) {
  const int64_t before = server_->revision();
  EXPECT_EQ(Do("POST", maps_ + "?dryRun=All", ConfigMap("a")).code, 201);
  EXPECT_EQ(Get(maps_ + "/a").code, 404);
  EXPECT_EQ(server_->revision(), before);
}

TEST_F(ObjectApiTest, NamespacesEndWithTheirContents) {
  ASSERT_EQ(Do("POST", "/api/v1/namespaces", {{"metadata", {{"name", "n"}}}}).code, 201);
  ASSERT_EQ(Do("POST", "/api/v1/namespaces/n/configmaps", ConfigMap("a")).code, 201);
  Json held = ConfigMap("held");
  held["metadata"]["finalizers"] = {"x.io/f"};
  ASSERT_EQ(Do("POST", "/api/v1/namespaces/n/configmaps", held).code, 201);
  EXPECT_EQ(Delete("/api/v1/namespaces/n").body["status"]["phase"], "Terminating");
  EXPECT_EQ(Get("/api/v1/namespaces/n/configmaps/a").code, 404);
  const Answered late = Do("POST", "/api/v1/namespaces/n/configmaps", ConfigMap("b"));
  EXPECT_EQ(late.code, 403);
  EXPECT_EQ(late.body["details"]["causes"][0]["reason"], "NamespaceTerminating");
  ASSERT_EQ(Merge("/api/v1/namespaces/n/configmaps/held", {{"metadata", {{"finalizers", nullptr}}}}).code,
            200);
  EXPECT_EQ(Get("/api/v1/namespaces/n").code, 404);
  EXPECT_EQ(Delete("/api/v1/namespaces/kube-system").code, 403);
}

TEST_F(ObjectApiTest, CustomResourceDefinitionsAddAndRemoveResources) {
  const std::string crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const Answered crd = Get(crds + "/widgets.example.org");
  EXPECT_EQ(crd.body["status"]["conditions"][1]["type"], "Established");
  EXPECT_EQ(crd.body["status"]["conditions"][1]["status"], "True");
  EXPECT_EQ(crd.body["spec"]["names"]["listKind"], "WidgetList");

  ASSERT_EQ(Do("POST", widgets_, Widget("w", 1)).code, 201);
  EXPECT_EQ(Get("/apis/example.org/v2/namespaces/default/widgets/w").body["apiVersion"], "example.org/v2");
  EXPECT_EQ(Get("/apis/example.org/v3/namespaces/default/widgets/w").code, 404);  // not served

  ASSERT_EQ(Delete(crds + "/widgets.example.org").code, 200);
  EXPECT_EQ(Get(crds + "/widgets.example.org").code, 404);
  EXPECT_EQ(Get(widgets_ + "/w").code, 404);

  Json wrong = WidgetCrd();
  wrong["metadata"]["name"] = "gadgets.example.org";
  EXPECT_EQ(Do("POST", crds, wrong).code, 422);
  wrong = WidgetCrd();
  wrong["spec"]["scope"] = "Everywhere";
  EXPECT_EQ(Do("POST", crds, wrong).code, 422);
}

TEST_F(ObjectApiTest, SecretsAreEncodedAndMayBeImmutable) {
  const std::string secrets = "/api/v1/namespaces/default/secrets";
  const Answered s =
      Do("POST", secrets, {{"metadata", {{"name", "s"}}}, {"stringData", {{"a", "b"}}}, {"immutable", true}});
  ASSERT_EQ(s.code, 201);
  EXPECT_EQ(s.body["data"]["a"], "Yg==");
  EXPECT_EQ(s.body["type"], "Opaque");
  EXPECT_FALSE(s.body.contains("stringData"));
  const Answered changed = Merge(secrets + "/s", {{"stringData", {{"a", "c"}}}});
  EXPECT_EQ(changed.code, 422);
  EXPECT_THAT(changed.body["message"].get<std::string>(),
              HasSubstr("field is immutable when `immutable` is set"));
  EXPECT_EQ(Merge(secrets + "/s", {{"immutable", false}}).code, 422);
  EXPECT_EQ(Merge(secrets + "/s", {{"type", "x"}}).code, 422);
  EXPECT_EQ(Merge(secrets + "/s", {{"metadata", {{"labels", {{"l", "v"}}}}}}).code, 200);
  EXPECT_EQ(Do("POST", secrets, {{"metadata", {{"name", "t"}}}, {"data", {{"a", "!!"}}}}).code, 400);
}

TEST_F(ObjectApiTest, RefusesWhatTheApiRefuses) {
  EXPECT_EQ(Do("POST", maps_, ConfigMap("A_b")).code, 422);
  EXPECT_EQ(Do("POST", maps_, {{"metadata", Json::object()}}).code, 422);
  EXPECT_EQ(Do("POST", maps_, {{"kind", "Secret"}, {"metadata", {{"name", "a"}}}}).code, 400);
  EXPECT_EQ(Do("POST", maps_, {{"metadata", {{"name", "a"}, {"namespace", "other"}}}}).code, 400);
  EXPECT_EQ(Do("POST", maps_, {{"metadata", {{"name", "a"}}}, {"data", {{"n", 1}}}}).code, 400);
  EXPECT_EQ(Do("POST", maps_, {{"metadata", {{"name", "a"}}}, {"data", {{"a b", "1"}}}}).code, 422);
  EXPECT_EQ(Do("POST", maps_, {{"metadata", {{"name", "a"}, {"labels", {{"l", "-bad-"}}}}}}).code, 422);
  EXPECT_EQ(Do("POST", maps_, {{"metadata", {{"name", "a"}, {"labels", {{"l", 1}}}}}}).code, 400);
  EXPECT_EQ(Do("POST", maps_, {{"metadata", "a"}}).code, 400);
  EXPECT_EQ(
      Do("POST", maps_, {{"metadata", {{"name", "a"}}}, {"data", {{"a", std::string(1'100'000, 'x')}}}}).code,
      422);
  EXPECT_EQ(Do("PUT", maps_ + "/missing", ConfigMap("missing")).code, 404);
  ASSERT_EQ(Do("POST", maps_, ConfigMap("a")).code, 201);
  EXPECT_EQ(Do("PUT", maps_ + "/a", ConfigMap("b")).code, 400);
  EXPECT_EQ(Merge(maps_ + "/a", {{"metadata", {{"name", "b"}}}}).code, 400);
  EXPECT_EQ(Do("PUT", maps_, ConfigMap("a")).code, 400);
  EXPECT_EQ(Do("POST", maps_ + "/a", ConfigMap("a")).code, 405);
}

}  // namespace
}  // namespace crm::kube::testing
