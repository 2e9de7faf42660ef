#include "gardener/configs.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

// The numbers are those of the test vectors of spec 60, or of spec 61 where the name says so.
namespace crm::gardener {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(Configs, Vectors30And31ShootTextsReplaceOrRemove) {
  EXPECT_THAT(MergeConfigs({}, {}), IsEmpty());
  const Texts base = {{"foo", "old: 1"}, {"bar", "b: 1"}};
  EXPECT_THAT(MergeConfigs(base, {{"foo", "new: 1"}}),
              ElementsAre(Pair("bar", "b: 1"), Pair("foo", "new: 1")));
  EXPECT_THAT(MergeConfigs(base, {{"foo", ""}}), ElementsAre(Pair("bar", "b: 1")));
  EXPECT_THAT(MergeConfigs({}, {{"foo", ""}}), ElementsAre(Pair("foo", "")));
}

TEST(Configs, Vector32Static) {
  const auto configs = MakeDeliverable(MergeConfigs({{"fallback", "o: 1"}, {"EXTRA_OPTIONS", "e"}},
                                                    {{"fallback", "n: 1"}, {"force", "f: 1"}}));
  ASSERT_TRUE(configs.ok()) << configs.status();
  EXPECT_THAT(configs->statics,
              ElementsAre(Pair("EXTRA_OPTIONS", "e"), Pair("fallback", "n: 1"), Pair("force", "f: 1")));
  EXPECT_THAT(configs->dynamics, IsEmpty());
}

TEST(Configs, Vectors33And34OnlyThreeNamesAreStatic) {
  for (std::string_view name : {"Fallback", "node.worker-1", "group.gold", "default", "extra_options"}) {
    EXPECT_FALSE(IsStaticConfig(name)) << name;
  }
}

TEST(Configs, Spec61Vectors17To20) {
  const auto configs =
      MakeDeliverable({{"default", "CONFIG: 1"}, {"node.w-1", "z: 1\na: {z: 1, b: 2}"}, {"x", ""}});
  ASSERT_TRUE(configs.ok()) << configs.status();
  EXPECT_THAT(configs->dynamics.at("default"), ElementsAre(Pair("CONFIG", "1\n")));
  EXPECT_THAT(configs->dynamics.at("node.w-1"), ElementsAre(Pair("a", "b: 2\nz: 1\n"), Pair("z", "1\n")));
  EXPECT_THAT(configs->dynamics.at("x"), IsEmpty());
}

TEST(Configs, Spec61Vectors19And21RefusesWhatCanNotBeDelivered) {
  const auto error = [](const Texts& texts) {
    return std::string(MakeDeliverable(texts).status().message());
  };
  EXPECT_THAT(error({{"default", "- a"}}), HasSubstr("configs.default"));
  EXPECT_THAT(error({{"default", "a b: 1"}}), HasSubstr("a b"));
  EXPECT_THAT(error({{"fallback", "- a"}}), HasSubstr("configs.fallback"));
  for (const char* name : {"Default", "a_b", ".a", "a.", "a..b", "-", "a-.b", ""}) {
    EXPECT_THAT(error({{name, "a: 1"}}), HasSubstr("no ConfigMap name")) << name;
  }
  EXPECT_THAT(error({{std::string(240, 'a'), "a: 1"}}), HasSubstr("no ConfigMap name"));
  EXPECT_EQ(error({{"EXTRA_OPTIONS", "- a"}, {"a-b.c", "a: 1"}}), "");
}

TEST(BaseConfigs, LastGoodTextStaysInForce) {
  BaseConfigs base;
  EXPECT_THAT(base.Accept({{"default", "- a"}}).lost, ElementsAre("default"));
  const Texts good = {{"default", "policy:\n  Active: none\n"}};
  EXPECT_EQ(base.Accept(good).texts, good);
  const auto broken = base.Accept({{"default", "- a"}, {"other", ""}});
  EXPECT_EQ(broken.texts.at("default"), good.at("default"));
  EXPECT_THAT(broken.problems, ElementsAre(HasSubstr("last good text stays in force")));
  EXPECT_THAT(broken.lost, IsEmpty());
  EXPECT_THAT(base.Accept({}).texts, IsEmpty()) << "a removed entry is removed";
}

TEST(Configs, WhatTheDaemonWouldRefuseIsAProblemNotAnError) {
  const Texts texts = {{"default", "policy:\n  Active: no-such-policy\n"}, {"EXTRA_OPTIONS", "- x"}};
  EXPECT_TRUE(MakeDeliverable(texts).ok());
  const auto problems = FindProblems(texts);
  ASSERT_FALSE(problems.empty());
  EXPECT_THAT(problems[0], HasSubstr("configs.default: "));
  EXPECT_THAT(FindProblems({{"default", "policy:\n  Active: none\n"}}), IsEmpty());
}

}  // namespace
}  // namespace crm::gardener
