#include "model/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace crm::model {
namespace {

using ::testing::HasSubstr;

class ExpressionTest : public ::testing::Test {
 protected:
  ExpressionTest() {
    pod_.id = "sandbox";
    pod_.uid = "u1";
    pod_.name = "web";
    pod_.ns = "shop";
    pod_.qos = QosClass::kBurstable;
    pod_.labels = {{"app.kubernetes.io/name", "front"}, {"tier", "one"}};
    container_.id = "77";
    container_.name = "nginx";
    container_.ns = "shop";
    container_.labels = {{"io.kubernetes.container.name", "nginx"}, {"a/b/c", "deep"}, {"empty", ""}};
    container_.tags = {{"AVX512", "true"}};
  }

  std::string Value(std::string_view key) const {
    return Attribute(pod_, container_, key).value_or("missing");
  }
  bool Holds(const std::string& key, std::string_view op, std::vector<std::string> values = {}) const {
    return Evaluate({key, *ParseOperator(op), std::move(values)}, pod_, container_);
  }

  Pod pod_;
  Container container_;
};

TEST_F(ExpressionTest, Keys) {
  EXPECT_EQ(Value("name"), "nginx");
  EXPECT_EQ(Value("namespace"), "shop");
  EXPECT_EQ(Value("qosclass"), "Burstable");
  EXPECT_EQ(Value("id"), "77");
  EXPECT_EQ(Value("tags/AVX512"), "true");
  EXPECT_EQ(Value("labels/empty"), "");
  EXPECT_EQ(Value("pod/name"), "web");
  EXPECT_EQ(Value("pod/namespace"), "shop");
  EXPECT_EQ(Value("pod/qosclass"), "Burstable");
  EXPECT_EQ(Value("pod/id"), "sandbox");
  EXPECT_EQ(Value("pod/uid"), "u1");
  EXPECT_EQ(Value("pod/labels/tier"), "one");
  for (const char* missing :
       {"", "nosuch", "uid", "pod", "pod/tags/AVX512", "labels", "labels/x", "pod/a.b", "x/y"}) {
    EXPECT_EQ(Value(missing), "missing") << missing;
  }
  // Elements are cleaned, and what follows a value does not matter.
  EXPECT_EQ(Value("//pod//name/"), "web");
  EXPECT_EQ(Value("name/x"), "nginx");
}

// Spec 10 vectors 16.6: label names.
TEST_F(ExpressionTest, LabelNames) {
  EXPECT_EQ(Value("io.kubernetes.container.name"), "nginx");
  EXPECT_EQ(Value("labels/a/b/c"), "deep");
  EXPECT_EQ(Value("pod/labels/app.kubernetes.io/name"), "front");
}

// Spec 10 vectors 16.6: joint keys.
TEST_F(ExpressionTest, JointKeys) {
  EXPECT_EQ(Value(":,:pod/name,name"), "web:nginx");
  EXPECT_EQ(Value(":pod/name:name"), "web:nginx");
  EXPECT_EQ(Value(":,-pod/name,labels/x,name"), "web--nginx");
  EXPECT_EQ(Value(":,-labels/x,labels/y"), "missing");
  EXPECT_EQ(Value(":ab"), "missing");  // too short to be one
  EXPECT_EQ(Value(":name"), "nginx");
  EXPECT_TRUE(Holds(":,:pod/name,name", "Matches", {"web:*"}));
  EXPECT_FALSE(Holds(":,:pod/name,name", "Matches", {"*:db"}));
}

// Spec 10 vectors 16.6 and the table of 8.4.
TEST_F(ExpressionTest, Operators) {
  EXPECT_TRUE(Holds("name", "Equals", {"nginx"}));
  EXPECT_FALSE(Holds("name", "Equals", {"db"}));
  EXPECT_TRUE(Holds("name", "Equals", {"*"}));
  EXPECT_FALSE(Holds("labels/x", "Equals", {"*"}));
  EXPECT_FALSE(Holds("name", "NotEqual", {"nginx"}));
  EXPECT_TRUE(Holds("name", "NotEqual", {"*"}));
  EXPECT_TRUE(Holds("labels/x", "NotEqual", {"y"}));
  EXPECT_TRUE(Holds("name", "In", {"db", "nginx"}));
  EXPECT_TRUE(Holds("name", "In", {"db", "*"}));
  EXPECT_FALSE(Holds("name", "In", {}));
  EXPECT_FALSE(Holds("labels/x", "In", {"*"}));
  EXPECT_FALSE(Holds("name", "NotIn", {"nginx"}));
  EXPECT_TRUE(Holds("labels/x", "NotIn", {"*"}));
  EXPECT_TRUE(Holds("name", "Matches", {"ng*"}));
  EXPECT_FALSE(Holds("name", "Matches", {"["}));
  EXPECT_FALSE(Holds("labels/x", "Matches", {"*"}));
  EXPECT_TRUE(Holds("labels/x", "MatchesNot", {"*"}));
  EXPECT_FALSE(Holds("name", "MatchesNot", {"ng*"}));
  EXPECT_TRUE(Holds("name", "MatchesAny", {"x", "n?inx"}));
  EXPECT_FALSE(Holds("name", "MatchesNone", {"x", "n?inx"}));
  EXPECT_TRUE(Holds("name", "MatchesNone", {}));
  EXPECT_TRUE(Holds("labels/empty", "Exists"));
  EXPECT_FALSE(Holds("labels/x", "Exists"));
  EXPECT_TRUE(Holds("labels/x", "NotExist"));
  EXPECT_TRUE(Holds("", "AlwaysTrue"));
}

TEST_F(ExpressionTest, ValidationCountsValues) {
  const auto error = [](const std::string& key, std::string_view op, std::vector<std::string> values) {
    return std::string(Message(Validate({key, *ParseOperator(op), std::move(values)})));
  };
  for (const char* one : {"Equals", "NotEqual", "Matches", "MatchesNot"}) {
    EXPECT_EQ(error("name", one, {"a"}), "") << one;
    EXPECT_THAT(error("name", one, {}), HasSubstr("0 values, expected one")) << one;
    EXPECT_THAT(error("name", one, {"a", "b"}), HasSubstr("2 values, expected one")) << one;
  }
  for (const char* any : {"In", "NotIn", "MatchesAny", "MatchesNone"}) {
    EXPECT_EQ(error("name", any, {}), "") << any;
    EXPECT_EQ(error("name", any, {"a", "b"}), "") << any;
  }
  for (const char* none : {"Exists", "NotExist"}) {
    EXPECT_EQ(error("name", none, {}), "") << none;
    EXPECT_THAT(error("name", none, {"a"}), HasSubstr("1 values, expected none")) << none;
  }
  EXPECT_EQ(error("", "AlwaysTrue", {}), "");
  EXPECT_THAT(error("//", "Exists", {}), HasSubstr("no key"));
  EXPECT_THAT(std::string(Message(ParseOperator("equals").status())),
              HasSubstr("expected one of Equals, NotEqual"));
}

}  // namespace
}  // namespace crm::model
