#include "kube/testing/patch.h"

#include <gtest/gtest.h>

#include "kube/testing/call_for_test.h"

namespace crm::kube::testing {
namespace {

Json Parse(const char* text) { return Json::parse(text); }

TEST(JsonPatchTest, AppliesOperationsAndTellsWhyNot) {
  const Json target = Parse(R"({"a": {"b": 1}, "l": [1, 2]})");
  const auto patched = ApplyJsonPatch(target, Parse(R"([
      {"op": "test", "path": "/a/b", "value": 1}, {"op": "replace", "path": "/a/b", "value": 2},
      {"op": "add", "path": "/l/-", "value": 3}, {"op": "remove", "path": "/l/0"}])"));
  ASSERT_TRUE(patched.ok()) << patched.status();
  EXPECT_EQ(*patched, Parse(R"({"a": {"b": 2}, "l": [2, 3]})"));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      ApplyJsonPatch(target, Parse(R"([{"op": "test", "path": "/a/b", "value": 2}])")).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      ApplyJsonPatch(target, Parse(R"([{"op": "remove", "path": "/missing"}])")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ApplyJsonPatch(target, Parse(R"({"a": 1})")).status()));
  EXPECT_TRUE(
      absl::IsInvalidArgument(ApplyJsonPatch(target, Parse(R"([{"op": "jump", "path": "/a"}])")).status()));
}

TEST(JsonPatchTest, CopiesCannotGrowAnObjectWithoutBound) {
  Json doubling = Json::array();
  for (int i = 0; i < 40; ++i) doubling.push_back({{"op", "copy"}, {"from", "/a"}, {"path", "/a/-"}});
  EXPECT_TRUE(absl::IsInvalidArgument(ApplyJsonPatch(Parse(R"({"a": ["xxxxxxxx"]})"), doubling).status()));
}

TEST(StrategicMergePatchTest, MergesListsByTheirKeys) {
  const Json target = Parse(R"({"containers": [
      {"name": "c", "image": "i", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
      {"name": "d", "image": "x"}], "args": [1, 2]})");
  const auto patched = ApplyStrategicMergePatch(target, Parse(R"({"containers": [
      {"name": "c", "image": "j", "env": [{"name": "A", "$patch": "delete"}, {"name": "C", "value": "3"}]},
      {"name": "e", "image": "y"}], "args": [3]})"));
  ASSERT_TRUE(patched.ok()) << patched.status();
  EXPECT_EQ(*patched, Parse(R"({"containers": [
      {"name": "c", "image": "j", "env": [{"name": "B", "value": "2"}, {"name": "C", "value": "3"}]},
      {"name": "d", "image": "x"}, {"name": "e", "image": "y"}], "args": [3]})"));
}

TEST(StrategicMergePatchTest, ObeysDirectives) {
  const Json target = Parse(R"({"strategy": {"type": "RollingUpdate", "rollingUpdate": {"max": 1}},
      "volumes": [{"name": "a"}, {"name": "b"}], "finalizers": ["x", "y"]})");
  const auto patched = ApplyStrategicMergePatch(target, Parse(R"({
      "strategy": {"type": "Recreate", "$retainKeys": ["type"]},
      "volumes": [{"name": "c"}], "$setElementOrder/volumes": [{"name": "c"}, {"name": "b"}, {"name": "a"}],
      "finalizers": ["z"], "$deleteFromPrimitiveList/finalizers": ["x"]})"));
  ASSERT_TRUE(patched.ok()) << patched.status();
  EXPECT_EQ((*patched)["strategy"], Parse(R"({"type": "Recreate"})"));
  EXPECT_EQ((*patched)["volumes"], Parse(R"([{"name": "c"}, {"name": "b"}, {"name": "a"}])"));
  EXPECT_EQ((*patched)["finalizers"], Parse(R"(["y", "z"])"));
  EXPECT_FALSE(ApplyStrategicMergePatch(target, Parse(R"({"$unknown": 1})")).ok());
  EXPECT_FALSE(ApplyStrategicMergePatch(target, Parse(R"([1])")).ok());
}

TEST(PatchRequestTest, EachMediaTypeIsObeyedAndOthersRefused) {
  auto server = OpenForTest();
  ASSERT_EQ(CallJson(*server, "POST", kConfigMapsPath, ConfigMap("a")).code, 201);
  ASSERT_EQ(CallJson(*server, "POST", kWidgetsPath, Widget("w", 1)).code, 201);
  const std::string a = std::string(kConfigMapsPath) + "/a";
  const std::string w = std::string(kWidgetsPath) + "/w";
  EXPECT_EQ(
      CallJson(*server, "PATCH", a, Parse(R"({"data": {"key": null, "n": "1"}})"), kMergePatch).body["data"],
      Parse(R"({"n": "1"})"));
  EXPECT_EQ(CallJson(*server, "PATCH", a, Parse(R"([{"op": "add", "path": "/data/y", "value": "2"}])"),
                     "application/json-patch+json")
                .body["data"],
            Parse(R"({"n": "1", "y": "2"})"));
  EXPECT_EQ(CallJson(*server, "PATCH", a, Parse(R"([{"op": "remove", "path": "/data/zzz"}])"),
                     "application/json-patch+json")
                .code,
            422);
  EXPECT_EQ(CallJson(*server, "PATCH", a, Parse(R"({"data": {"z": "3"}})"),
                     "application/strategic-merge-patch+json")
                .code,
            200);
  EXPECT_EQ(CallJson(*server, "PATCH", a, Parse(R"({"data": {"z": "3"}})"), "application/json").code, 415);
  EXPECT_EQ(
      CallJson(*server, "PATCH", w, Parse(R"({"spec": {}})"), "application/strategic-merge-patch+json").code,
      415);
  EXPECT_EQ(CallJson(*server, "PATCH", a, Parse("[1]"), kMergePatch).code, 400);
}

TEST(PatchRequestTest, ApplyCreatesOrMerges) {
  auto server = OpenForTest();
  const std::string path = std::string(kConfigMapsPath) + "/a";
  const std::string yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n";
  const std::string apply = "application/apply-patch+yaml";
  EXPECT_EQ(Call(*server, "PATCH", path, yaml, apply).code, 422);  // who applies must say so
  EXPECT_EQ(Call(*server, "PATCH", path + "?fieldManager=t", yaml, apply).code, 201);
  const std::string more = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {l: w}\n";
  const Answered merged = Call(*server, "PATCH", path + "?fieldManager=t&force=true", more, apply);
  EXPECT_EQ(merged.code, 200);
  EXPECT_EQ(merged.body["data"], Parse(R"({"k": "v", "l": "w"})"));
}

}  // namespace
}  // namespace crm::kube::testing
