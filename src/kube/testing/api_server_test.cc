#include "kube/testing/api_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/testing/call_for_test.h"
#include "kube/testing/json_text.h"

namespace crm::kube::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ApiServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = OpenForTest();
    ASSERT_NE(server_, nullptr);
  }
  Answered Get(const std::string& target, const std::string& accept = "application/json") {
    return Call(*server_, "GET", target, "", "", accept);
  }
  std::vector<std::string> Names(const Json& list) {
    std::vector<std::string> names;
    for (const Json& item : list["items"]) names.push_back(item["metadata"]["name"]);
    return names;
  }

  const std::string maps_ = kConfigMapsPath;
  std::unique_ptr<ApiServer> server_;
};

TEST_F(ApiServerTest, DiscoveryNamesBuiltInAndCustomResources) {
  EXPECT_EQ(Get("/api").body["versions"][0], "v1");
  EXPECT_THAT(Get("/version").body["gitVersion"].get<std::string>(), HasSubstr("v1."));
  const Json groups = Get("/apis").body["groups"];
  const bool listed = std::any_of(groups.begin(), groups.end(), [](const Json& group) {
    return group["name"] == "example.org" && group["versions"].size() == 2;
  });
  EXPECT_TRUE(listed) << groups;
  EXPECT_EQ(Get("/apis/example.org").body["preferredVersion"]["groupVersion"], "example.org/v1");
  const Json resources = Get("/apis/example.org/v1").body["resources"];
  ASSERT_EQ(resources.size(), 2u);
  EXPECT_EQ(resources[0]["shortNames"][0], "wd");
  EXPECT_EQ(resources[0]["singularName"], "widget");
  EXPECT_EQ(resources[1]["name"], "widgets/status");
  EXPECT_EQ(Get("/apis/none.org").code, 404);
  EXPECT_EQ(Get("/apis/example.org/v3").code, 404);
}

TEST_F(ApiServerTest, UnknownPathsAreNotFound) {
  EXPECT_EQ(Get("/nope").code, 404);
  EXPECT_EQ(Get("/openapi/v2").code, 404);
  const Answered resource = Get("/api/v1/nopes");
  EXPECT_EQ(resource.code, 404);
  EXPECT_EQ(resource.body["kind"], "Status");
  EXPECT_EQ(Get("/api/v1/namespaces/default/nodes").code, 404);
  EXPECT_EQ(Get("/api/v1/configmaps/a").code, 404);
  EXPECT_EQ(Get(maps_ + "/a/b/c").code, 404);
  EXPECT_EQ(Get("/api/v1/%zz").code, 400);
  EXPECT_EQ(Get("/api/v1/%00").code, 400);
  EXPECT_EQ(Call(*server_, "TRACE", maps_).code, 405);
}

TEST_F(ApiServerTest, HealthEndpointsAnswer) {
  for (const char* path : {"/healthz", "/readyz", "/livez", "/readyz/ping"}) {
    const ApiAnswer answer = server_->Handle({"GET", path, "", "", ""});
    EXPECT_EQ(answer.code, 200) << path;
    EXPECT_EQ(answer.body, "ok");
  }
}

TEST_F(ApiServerTest, BodiesThatAreNoObjectsAreRefused) {
  for (const char* body : {"{bad", "[]", "", "\"x\"", "{\"metadata\": {\"name\": \"\xff\"}}"}) {
    EXPECT_EQ(Call(*server_, "POST", maps_, std::string(body)).code, 400) << body;
  }
  EXPECT_EQ(Call(*server_, "POST", maps_, std::string(100'000, '[')).code, 400);
  EXPECT_EQ(Call(*server_, "POST", maps_, "{}", "text/plain").code, 415);
  EXPECT_EQ(Call(*server_, "POST", maps_, "{}", "application/vnd.kubernetes.protobuf").code, 415);
  EXPECT_EQ(Call(*server_, "POST", maps_, "metadata: {name: y}\n", "application/yaml").code, 201);
  EXPECT_EQ(Call(*server_, "POST", maps_, "metadata: {name: z}\n", "application/json; charset=utf-8").code,
            400);
  EXPECT_EQ(CallJson(*server_, "POST", maps_ + "?dryRun=Some", ConfigMap("a")).code, 400);
}

TEST_F(ApiServerTest, ListsSelectAndPageConsistently) {
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    ASSERT_EQ(CallJson(*server_, "POST", maps_,
                       ConfigMap(name, {{"vowel", name[0] == 'a' || name[0] == 'e' ? "y" : "n"}}))
                  .code,
              201);
  }
  EXPECT_THAT(Names(Get(maps_ + "?labelSelector=vowel%3Dy").body), ElementsAre("a", "e"));
  EXPECT_THAT(Names(Get("/api/v1/configmaps?fieldSelector=metadata.name=c,metadata.namespace=default").body),
              ElementsAre("c"));
  const Answered first = Get(maps_ + "?limit=2");
  EXPECT_THAT(Names(first.body), ElementsAre("a", "b"));
  // Later pages show the state of the first one.
  ASSERT_EQ(Call(*server_, "DELETE", maps_ + "/c").code, 200);
  ASSERT_EQ(CallJson(*server_, "POST", maps_, ConfigMap("ca")).code, 201);
  const Answered second =
      Get(maps_ + "?limit=2&continue=" + first.body["metadata"]["continue"].get<std::string>());
  EXPECT_THAT(Names(second.body), ElementsAre("c", "d"));
  EXPECT_EQ(second.version(), first.version());
  const std::string token = second.body["metadata"]["continue"];
  const Answered third = Get(maps_ + "?limit=2&continue=" + token);
  EXPECT_THAT(Names(third.body), ElementsAre("e"));
  EXPECT_FALSE(third.body["metadata"].contains("continue"));

  server_->CompactHistory();
  EXPECT_EQ(Get(maps_ + "?limit=2&continue=" + token).code, 410);
  EXPECT_EQ(Get(maps_ + "?continue=zzz").code, 400);
  EXPECT_EQ(Get(maps_ + "?labelSelector=a%20in%20(").code, 400);
  EXPECT_EQ(Get(maps_ + "?fieldSelector=data.x=1").code, 400);
  EXPECT_EQ(Get(maps_ + "?resourceVersion=99999").code, 504);
}

TEST_F(ApiServerTest, ListItemsOfBuiltInKindsCarryNoKind) {
  ASSERT_EQ(CallJson(*server_, "POST", maps_, ConfigMap("a")).code, 201);
  ASSERT_EQ(CallJson(*server_, "POST", kWidgetsPath, Widget("w", 1)).code, 201);
  EXPECT_FALSE(Get(maps_).body["items"][0].contains("kind"));
  EXPECT_EQ(Get(maps_).body["kind"], "ConfigMapList");
  EXPECT_EQ(Get("/apis/example.org/v2/widgets").body["items"][0]["apiVersion"], "example.org/v2");
}

TEST_F(ApiServerTest, DeletesCollections) {
  for (const char* name : {"a", "b"})
    ASSERT_EQ(CallJson(*server_, "POST", maps_, ConfigMap(name, {{"n", name}})).code, 201);
  ASSERT_EQ(Call(*server_, "DELETE", maps_ + "?labelSelector=n%3Da").code, 200);
  EXPECT_THAT(Names(Get(maps_).body), ElementsAre("b"));
}

TEST_F(ApiServerTest, TablesShowTheColumnsOfTheKind) {
  ASSERT_EQ(CallJson(*server_, "POST", kWidgetsPath, Widget("w", 1)).code, 201);
  ASSERT_EQ(CallJson(*server_, "PATCH", std::string(kWidgetsPath) + "/w/status",
                     Json::parse(R"({"status": {"conditions": [{"type": "Other", "status": "False"},
                                                            {"type": "Ready", "status": "True"}]}})"),
                     kMergePatch)
                .code,
            200);
  const std::string accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
  const Json table = Get(kWidgetsPath, accept).body;
  EXPECT_EQ(table["kind"], "Table");
  EXPECT_EQ(table["columnDefinitions"][1]["name"], "Ready");
  EXPECT_EQ(table["rows"][0]["cells"], Json::parse(R"(["w", "True"])"));
  EXPECT_EQ(table["rows"][0]["object"]["metadata"]["name"], "w");
  const Json maps = Get(maps_, accept).body;
  EXPECT_EQ(maps["columnDefinitions"][0]["name"], "Name");
  EXPECT_EQ(maps["rows"].size(), 0u);
}

TEST_F(ApiServerTest, FaultsHitTheRequestsTheyDescribe) {
  server_->InjectFault({"PATCH", maps_, 503, 2});
  server_->InjectFault({"WATCH", maps_, 500, 1});
  ASSERT_EQ(CallJson(*server_, "POST", maps_, ConfigMap("a")).code, 201);
  const Json patch = {{"data", {{"x", "y"}}}};
  EXPECT_EQ(CallJson(*server_, "PATCH", maps_ + "/a", patch, kMergePatch).code, 503);
  EXPECT_EQ(CallJson(*server_, "PATCH", std::string(kWidgetsPath) + "/w", patch, kMergePatch).code, 404);
  EXPECT_EQ(CallJson(*server_, "PATCH", maps_ + "/a", patch, kMergePatch).code, 503);
  EXPECT_EQ(CallJson(*server_, "PATCH", maps_ + "/a", patch, kMergePatch).code, 200);
  EXPECT_EQ(Get(maps_).code, 200);
  EXPECT_EQ(Get(maps_ + "?watch=true").code, 500);
  EXPECT_NE(server_->Handle({"GET", maps_ + "?watch=true", "", "", ""}).watch, nullptr);
}

TEST(JsonTextTest, YamlScalarsGetTheTypesClientsGiveThem) {
  const auto parsed = ParseYaml(
      "a: 1\nb: '1'\nc: yes\nd: \"yes\"\ne: 0x1f\nf: 017\ng: 1.5\nh: ~\ni: 1.5.0\nj: -3\nk: 1e3\nl: .inf\n"
      "m: !!str 5\n7: key\nn: {<<: {x: 1, y: 1}, y: 2}\no: &p [1]\nq: *p\nr: 2024-01-01\ns: 0o17\nt: |\n  "
      "text\n");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed,
            Json::parse(R"({"a": 1, "b": "1", "c": true, "d": "yes", "e": 31, "f": 15, "g": 1.5, "h": null,
      "i": "1.5.0", "j": -3, "k": 1000.0, "l": ".inf", "m": "5", "7": "key", "n": {"x": 1, "y": 2}, "o": [1], "q": [1],
      "r": "2024-01-01", "s": 15, "t": "text\n"})"));
  EXPECT_EQ(ParseYamlStream("---\n---\na: 1\n---\nb: 2\n")->size(), 2u);
}

TEST(JsonTextTest, HostileYamlIsRefused) {
  EXPECT_FALSE(ParseYaml("a: [").ok());
  EXPECT_FALSE(ParseYaml("a: 1\na: 2\n").ok());
  EXPECT_FALSE(ParseYaml("[a]: 1\n").ok());
  EXPECT_FALSE(ParseYaml("a: \"\xff\"\n").ok());
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j > 0 ? ",*a" : "*a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  EXPECT_FALSE(ParseYaml(bomb).ok());
  EXPECT_FALSE(ParseYaml(std::string(300, '[') + std::string(300, ']')).ok());
}

}  // namespace
}  // namespace crm::kube::testing
