#include "kube/testing/selector.h"

#include <gtest/gtest.h>

#include "nlohmann/json.hpp"

namespace crm::kube::testing {
namespace {

bool Matches(const char* selector, const Json& labels) {
  const auto parsed = LabelSelector::Parse(selector);
  EXPECT_TRUE(parsed.ok()) << selector << ": " << parsed.status();
  return parsed.ok() && parsed->Matches({{"metadata", {{"labels", labels}}}});
}

TEST(LabelSelectorTest, EveryOperatorSaysYesAndNo) {
  const Json labels = {{"a", "x"}, {"b", ""}};
  for (const char* yes : {"", "a", "a=x", "a==x", "a!=y", "a in (x,y)", "a in ( x )", "c!=z", "c notin (x)",
                          "!c", "b=", "a notin (y),b", "a=x, !c", "b in (,x)"}) {
    EXPECT_TRUE(Matches(yes, labels)) << yes;
  }
  for (const char* no : {"c", "a=y", "a!=x", "a in (y)", "a notin (x,y)", "!a", "a,c", "c=", "c in (x)"}) {
    EXPECT_FALSE(Matches(no, labels)) << no;
  }
}

TEST(LabelSelectorTest, RefusesNonsense) {
  for (const char* bad : {"a in (", "a in x", "=x", ",", "a b", "a in (x", "a,,b", "(a)"}) {
    EXPECT_FALSE(LabelSelector::Parse(bad).ok()) << bad;
  }
}

TEST(FieldSelectorTest, SelectsByNameNamespaceAndTheKindsFields) {
  const Json object = {{"metadata", {{"name", "n"}, {"namespace", "s"}}}, {"spec", {{"nodeName", "node1"}}}};
  auto matches = [&](const char* text) {
    const auto parsed = FieldSelector::Parse(text, SelectableFields("pods"));
    EXPECT_TRUE(parsed.ok()) << text << ": " << parsed.status();
    return parsed.ok() && parsed->Matches(object);
  };
  EXPECT_TRUE(matches(""));
  EXPECT_TRUE(matches("metadata.name=n,metadata.namespace==s"));
  EXPECT_TRUE(matches("spec.nodeName=node1"));
  EXPECT_TRUE(matches("spec.nodeName!=node2"));
  EXPECT_TRUE(matches("status.phase="));
  EXPECT_FALSE(matches("metadata.name=m"));
  EXPECT_FALSE(matches("metadata.name!=n"));
  EXPECT_FALSE(matches("status.phase=Running"));
  EXPECT_FALSE(FieldSelector::Parse("data.x=1", {}).ok());
  EXPECT_FALSE(FieldSelector::Parse("metadata.name", {}).ok());
}

}  // namespace
}  // namespace crm::kube::testing
