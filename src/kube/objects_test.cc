#include "kube/objects.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace crm::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ObjectsTest, ReadsMetadata) {
  Json object = {{"kind", "Extension"},
                 {"metadata",
                  {{"name", "cri"},
                   {"namespace", "shoot--a"},
                   {"uid", "u-1"},
                   {"resourceVersion", "42"},
                   {"generation", 7},
                   {"deletionTimestamp", "2024-01-01T00:00:00Z"},
                   {"annotations", {{"a", "1"}, {"n", 1}}},
                   {"labels", {{"l", "x"}}},
                   {"finalizers", {"one", 2, "two"}}}}};
  EXPECT_EQ(Kind(object), "Extension");
  EXPECT_EQ(Name(object), "cri");
  EXPECT_EQ(Namespace(object), "shoot--a");
  EXPECT_EQ(Uid(object), "u-1");
  EXPECT_EQ(ResourceVersion(object), "42");
  EXPECT_EQ(Generation(object), 7);
  EXPECT_EQ(ObjectKey(object), "shoot--a/cri");
  EXPECT_TRUE(IsBeingDeleted(object));
  EXPECT_THAT(Finalizers(object), ElementsAre("one", "two"));
  EXPECT_TRUE(HasFinalizer(object, "two"));
  EXPECT_FALSE(HasFinalizer(object, "three"));
  ASSERT_NE(Annotation(object, "a"), nullptr);
  EXPECT_EQ(*Annotation(object, "a"), "1");
  EXPECT_EQ(Annotation(object, "n"), nullptr);
  EXPECT_EQ(Annotation(object, "absent"), nullptr);
  ASSERT_NE(Label(object, "l"), nullptr);
}

TEST(ObjectsTest, WrongTypesReadAsAbsent) {
  const Json kCases[] = {
      nullptr,
      1,
      "text",
      Json::array({1}),
      {{"metadata", "text"}},
      {{"metadata", {1, 2}}},
      {{"metadata",
        {{"name", 1}, {"annotations", "x"}, {"finalizers", "x"}, {"generation", "7"}, {"labels", nullptr}}}}};
  for (const Json& object : kCases) {
    SCOPED_TRACE(object.dump());
    EXPECT_EQ(Name(object), "");
    EXPECT_EQ(Namespace(object), "");
    EXPECT_EQ(Generation(object), 0);
    EXPECT_EQ(Annotation(object, "a"), nullptr);
    EXPECT_EQ(Label(object, "a"), nullptr);
    EXPECT_FALSE(IsBeingDeleted(object));
    EXPECT_THAT(Finalizers(object), IsEmpty());
  }
}

TEST(ObjectsTest, SplitsKeys) {
  EXPECT_EQ(SplitKey("a/b").ns, "a");
  EXPECT_EQ(SplitKey("a/b").name, "b");
  EXPECT_EQ(SplitKey("node").ns, "");
  EXPECT_EQ(SplitKey("node").name, "node");
}

TEST(ObjectsTest, KnowsApiVersions) {
  EXPECT_EQ(ApiVersion(resources::kPods), "v1");
  EXPECT_EQ(ApiVersion(resources::kDaemonSets), "apps/v1");
  EXPECT_FALSE(resources::kClusterRoles.namespaced);
  EXPECT_TRUE(resources::kRoles.namespaced);
}

// RFC 7386 appendix A: original, patch, result.
TEST(MergePatchTest, AppliesTheVectorsOfTheRfc) {
  const char* const kVectors[][3] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
      {R"({"a":"foo"})", R"(null)", R"(null)"},
      {R"({"a":"foo"})", R"("bar")", R"("bar")"},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const auto& vector : kVectors) {
    SCOPED_TRACE(vector[1]);
    EXPECT_EQ(ApplyMergePatch(Json::parse(vector[0]), Json::parse(vector[1])), Json::parse(vector[2]));
  }
}

TEST(MergePatchTest, HoldsOnlyTheDifference) {
  const char* const kVectors[][3] = {
      {R"({"a":1,"b":{"c":2,"d":[1]}})", R"({"a":1,"b":{"c":2,"d":[1]}})", R"({})"},
      {R"({"a":1})", R"({"a":2})", R"({"a":2})"},
      {R"({"a":1,"b":2})", R"({"a":1})", R"({"b":null})"},
      {R"({"a":{"b":1,"c":2}})", R"({"a":{"b":1,"c":3}})", R"({"a":{"c":3}})"},
      {R"({"a":[1,2]})", R"({"a":[2]})", R"({"a":[2]})"},
      {R"({"a":"x"})", R"({"a":{}})", R"({"a":{}})"},
      {R"({"a":"x"})", R"({"a":{"b":{"c":1}}})", R"({"a":{"b":{"c":1}}})"},
      {R"({})", R"({"a":{"b":{}}})", R"({"a":{"b":{}}})"},
      {R"({"a":{"b":1}})", R"({"a":{}})", R"({"a":{"b":null}})"},
      {R"({"a":{"b":1}})", R"({"a":7})", R"({"a":7})"},
      {R"({"a":1})", R"({"a":null})", R"({"a":null})"},
      {R"({"a":null})", R"({})", R"({})"},
      {R"(3)", R"({"a":1})", R"({"a":1})"},
  };
  for (const auto& vector : kVectors) {
    SCOPED_TRACE(vector[1]);
    Json patch = MergePatch(Json::parse(vector[0]), Json::parse(vector[1]));
    EXPECT_EQ(patch, Json::parse(vector[2]));
  }
}

TEST(MergePatchTest, AppliedToTheOriginalGivesTheTarget) {
  const char* const kDocuments[] = {
      R"({"a":1,"b":{"c":[1,{"d":2}],"e":"x"}})",
      R"({"b":{"c":[],"f":{}}})",
      R"({"a":{"a":{"a":1}}})",
      R"({"a":{"a":2}})",
      R"({})",
      R"({"b":"text","z":false})",
  };
  for (const char* from : kDocuments) {
    for (const char* to : kDocuments) {
      Json patch = MergePatch(Json::parse(from), Json::parse(to));
      EXPECT_EQ(ApplyMergePatch(Json::parse(from), patch), Json::parse(to)) << from << " -> " << to;
    }
  }
}

TEST(TimeTest, FormatsAndParses) {
  absl::Time time = absl::FromUnixMicros(1700000000123456);
  EXPECT_EQ(Rfc3339(time), "2023-11-14T22:13:20Z");
  EXPECT_EQ(Rfc3339Micro(time), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(*ParseRfc3339("2023-11-14T22:13:20.123456Z"), time);
  EXPECT_EQ(*ParseRfc3339("2023-11-14T23:13:20+01:00"), absl::FromUnixSeconds(1700000000));
  EXPECT_EQ(ParseRfc3339("yesterday").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace crm::kube
