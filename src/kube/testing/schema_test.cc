#include "kube/testing/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/testing/call_for_test.h"

namespace crm::kube::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Json& Schema() {
  static const Json& schema = *new Json(Json::parse(R"({
    "type": "object", "required": ["spec"], "properties": {
      "spec": {"type": "object", "required": ["size"], "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 9},
        "mode": {"type": "string", "enum": ["a", "b"], "default": "a"},
        "on": {"type": "boolean"}, "when": {"type": "string", "format": "date-time"},
        "maybe": {"type": "string", "nullable": true}, "port": {"x-kubernetes-int-or-string": true},
        "list": {"type": "array", "maxItems": 2, "items": {"type": "object", "required": ["name"], "properties": {
          "name": {"type": "string", "minLength": 1}}}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "raw": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}})"));
  return schema;
}

/// The path of the violation, "" when there is none.
std::string Violation(const char* spec) {
  const Json object = {
      {"apiVersion", "x"}, {"kind", "X"}, {"metadata", {{"any", 1}}}, {"spec", Json::parse(spec)}};
  const auto cause = FindViolation(Schema(), object);
  return cause ? cause->field : "";
}

TEST(SchemaTest, FindsTheFirstViolation) {
  EXPECT_EQ(
      Violation(
          R"({"size": 1, "mode": "b", "on": true, "when": "2026-01-01T00:00:00Z", "maybe": null, "port": 5,
                          "list": [{"name": "x"}], "labels": {"a": "b"}, "raw": {"x": [1, null]}})"),
      "");
  EXPECT_EQ(Violation(R"({"size": 2.0, "port": "http"})"), "");
  EXPECT_EQ(Violation("{}"), "spec.size");
  EXPECT_EQ(Violation("[]"), "spec");
  EXPECT_EQ(Violation(R"({"size": "1"})"), "spec.size");
  EXPECT_EQ(Violation(R"({"size": 1.5})"), "spec.size");
  EXPECT_EQ(Violation(R"({"size": 0})"), "spec.size");
  EXPECT_EQ(Violation(R"({"size": 10})"), "spec.size");
  EXPECT_EQ(Violation(R"({"size": 1, "mode": "c"})"), "spec.mode");
  EXPECT_EQ(Violation(R"({"size": 1, "when": "yesterday"})"), "spec.when");
  EXPECT_EQ(Violation(R"({"size": 1, "port": true})"), "spec.port");
  EXPECT_EQ(Violation(R"({"size": 1, "list": [{"name": "x"}, {}]})"), "spec.list[1].name");
  EXPECT_EQ(Violation(R"({"size": 1, "list": [{"name": ""}]})"), "spec.list[0].name");
  EXPECT_EQ(Violation(R"({"size": 1, "list": [{"name": "x"}, {"name": "x"}, {"name": "x"}]})"), "spec.list");
  EXPECT_EQ(Violation(R"({"size": 1, "labels": {"a": 1}})"), "spec.labels.a");
  EXPECT_EQ(Violation(R"({"size": 1, "raw": "x"})"), "spec.raw");
}

TEST(SchemaTest, DropsWhatItDoesNotKnowAndFillsInDefaults) {
  Json object = Json::parse(R"({"kind": "X", "metadata": {"name": "n"}, "extra": 1, "spec": {
      "size": 1.0, "zzz": 1, "on": null, "maybe": null, "list": [{"name": "x", "y": 1}], "labels": {"a": "b"},
      "raw": {"z": null}}})");
  EXPECT_THAT(PruneAndDefault(Schema(), object), ElementsAre("extra", "spec.list[0].y", "spec.zzz"));
  EXPECT_EQ(object, Json::parse(R"({"kind": "X", "metadata": {"name": "n"}, "spec": {
      "size": 1, "mode": "a", "maybe": null, "list": [{"name": "x"}], "labels": {"a": "b"}, "raw": {"z": null}}})"));
  EXPECT_TRUE(object["spec"]["size"].is_number_integer());
  EXPECT_THAT(PruneAndDefault(Schema(), object), IsEmpty());
}

TEST(SchemaTest, TheServerEnforcesTheSchemaOfItsDefinition) {
  auto server = *ApiServer::Open({});
  Json crd = WidgetCrd();
  crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = Schema();
  ASSERT_TRUE(server->EnsureCrd(crd).ok());
  const std::string widgets = kWidgetsPath;
  const Answered wrong = CallJson(*server, "POST", widgets, Widget("w", 99));
  EXPECT_EQ(wrong.code, 422);
  EXPECT_THAT(wrong.body["message"].get<std::string>(),
              HasSubstr("Widget.example.org \"w\" is invalid: spec.size: "));
  Json more = Widget("w", 1);
  more["spec"]["zzz"] = 1;
  EXPECT_EQ(CallJson(*server, "POST", widgets + "?fieldValidation=Strict", more).code, 400);
  const Answered created = CallJson(*server, "POST", widgets, more);
  EXPECT_EQ(created.code, 201);
  EXPECT_EQ(created.body["spec"], Json::parse(R"({"size": 1, "mode": "a"})"));
  EXPECT_EQ(CallJson(*server, "PATCH", widgets + "/w", {{"spec", {{"on", "x"}}}}, kMergePatch).code, 422);

  const Json index = Call(*server, "GET", "/openapi/v3").body;
  const std::string url = index["paths"]["apis/example.org/v1"]["serverRelativeURL"];
  const Json document = Call(*server, "GET", url).body;
  EXPECT_EQ(document["components"]["schemas"]["widgets.example.org.Widget"]["properties"]["spec"]["type"],
            "object");
  EXPECT_EQ(Call(*server, "GET", "/openapi/v3/apis/none.org/v1").code, 404);
}

}  // namespace
}  // namespace crm::kube::testing
