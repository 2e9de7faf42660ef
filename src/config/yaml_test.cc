#include "config/yaml.h"

#include <gtest/gtest.h>

#include <string>

#include "base/status.h"

namespace crm::config {
namespace {

std::string Again(const std::string& text) {
  const absl::StatusOr<Node> node = ParseYaml(text);
  return node.ok() ? EmitYaml(*node) : std::string(Message(node.status()));
}

std::string Refusal(const std::string& text) {
  const absl::StatusOr<Node> node = ParseYaml(text);
  return node.ok() ? "accepted: " + EmitYaml(*node) : std::string(Message(node.status()));
}

TEST(Yaml, EmitsSortedBlockStyleThatReadsBackTheSame) {
  EXPECT_EQ(Again("{z: 1, a: {c: [1, {y: 2, x: 1}, [3, 4]], b: }}"),
            "a:\n  b: null\n  c:\n  - 1\n  - x: 1\n    y: 2\n  - - 3\n    - 4\nz: 1\n");
  EXPECT_EQ(Again("a: []\nb: {}\n"), "a: []\nb: {}\n");
  EXPECT_EQ(Again(""), "null\n");
  EXPECT_EQ(Again("# nothing but words"), "null\n");
}

TEST(Yaml, KeepsQuotedScalarsText) {
  EXPECT_EQ(Again("{a: \"750m\", b: 750m, c: '1', d: 1, e: !!str true, f: true}"),
            "a: \"750m\"\nb: 750m\nc: \"1\"\nd: 1\ne: \"true\"\nf: true\n");
  EXPECT_EQ(Again("a: |\n  x\n  y\n"), "a: \"x\\ny\\n\"\n");
  EXPECT_EQ(Again("a: \"q\\\"b\\\\s\\tt\\u00e4\\x01\""), "a: \"q\\\"b\\\\s\\tt\u00e4\\x01\"\n");
}

TEST(Yaml, QuotesPlainTextThatWouldReadDifferently) {
  EXPECT_EQ(Again("a: x#y"), "a: \"x#y\"\n");
  EXPECT_EQ(Again("a: cpuset:0-3,8"), "a: cpuset:0-3,8\n");
  EXPECT_EQ(Again("a: -1"), "a: -1\n");
  for (const char* text :
       {"a: /dev/sd*", "a: x y", "a: ?x", "a: x\n  y", "a: ~/x", "\"a b\": 1", "a: 'x: y'"}) {
    const std::string once = Again(text);
    EXPECT_EQ(Again(once), once) << text;
  }
}

TEST(Yaml, ReadsJson) {
  EXPECT_EQ(Again(R"({"a":{"b":[1,"x",true,null]},"c":"d"})"),
            "\"a\":\n  \"b\":\n  - 1\n  - \"x\"\n  - true\n  - null\n\"c\": \"d\"\n");
}

TEST(Yaml, ExpandsAliasesAndMergeKeys) {
  EXPECT_EQ(Again("a: &x {p: 1, q: 2}\nb: *x\nc: {<<: *x, q: 3}\n"),
            "a:\n  p: 1\n  q: 2\nb:\n  p: 1\n  q: 2\nc:\n  p: 1\n  q: 3\n");
}

TEST(Yaml, RefusesWithPosition) {
  EXPECT_EQ(Refusal("a: 1\na: 2"), "2:1: key \"a\" is given twice in one mapping");
  EXPECT_EQ(Refusal("a: 1\n\"a\": 2"), "2:1: key \"a\" is given twice in one mapping");
  EXPECT_TRUE(Refusal("a: [1").find("1:") == 0 || Refusal("a: [1").find("2:") == 0) << Refusal("a: [1");
  EXPECT_TRUE(Refusal("a: b: c").starts_with("1:")) << Refusal("a: b: c");
  EXPECT_NE(Refusal("a: 1\n---\nb: 2").find("expected one YAML document"), std::string::npos);
  EXPECT_NE(Refusal("a: !!binary aGk=").find("tag \"tag:yaml.org,2002:binary\" is not supported"),
            std::string::npos);
  EXPECT_NE(Refusal("a: !mine x").find("is not supported"), std::string::npos);
  EXPECT_NE(Refusal("? [a]\n: 1").find("key must be text"), std::string::npos);
  EXPECT_NE(Refusal("~: 1").find("key must be text"), std::string::npos);
  EXPECT_NE(Refusal("a: *nosuch").find("anchor"), std::string::npos);
  EXPECT_NE(Refusal("a: &x [*x]").find("anchor"), std::string::npos);
  EXPECT_NE(Refusal("a: {<<: 5}").find("merge key"), std::string::npos);
  EXPECT_EQ(Refusal("a: \xff"), "byte 3 (0xff) is not UTF-8");
  EXPECT_NE(Refusal("a: \xed\xa0\x80").find("not UTF-8"), std::string::npos);
}

TEST(Yaml, BoundsDepth) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(ParseYaml(nested(kMaxDepth)).ok());
  EXPECT_NE(Refusal(nested(kMaxDepth + 1)).find("nested deeper than 32"), std::string::npos);
  EXPECT_NE(Refusal(nested(200'000)).find("nested deeper than 32"), std::string::npos);
  // Each level of aliases doubles the depth.
  EXPECT_NE(Refusal("a: &a " + nested(20) + "\nb: [[[[[[[[[[[[[*a]]]]]]]]]]]]]").find("nested deeper"),
            std::string::npos);
}

TEST(Yaml, BoundsAliasBombs) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int level = 1; level < 9; ++level) {
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [";
    for (int copy = 0; copy < 10; ++copy) bomb += (copy == 0 ? "*a" : ",*a") + std::to_string(level - 1);
    bomb += "]\n";
  }
  EXPECT_NE(Refusal(bomb).find("after expanding aliases"), std::string::npos);
}

TEST(Yaml, BoundsBytes) {
  EXPECT_TRUE(ParseYaml("a: " + std::string(kMaxBytes - 3, 'x')).ok());
  EXPECT_NE(Refusal("a: " + std::string(kMaxBytes - 2, 'x')).find("expected at most 1048576"),
            std::string::npos);
}

TEST(Quoted, EscapesAndCutsAtCharacters) {
  EXPECT_EQ(Quoted("a\"b\nc\x1b"), "\"a\\\"b\\nc\\x1b\"");
  const std::string long_text = std::string(119, 'x') + "\u00e4yyy";
  EXPECT_EQ(Quoted(long_text), "\"" + std::string(119, 'x') + "\"...");
}

}  // namespace
}  // namespace crm::config
