#include "config/dump_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "config/plan.h"

namespace crm::config {
namespace {

using ::testing::HasSubstr;

DumpRules Rules(std::string_view text) {
  const absl::StatusOr<DumpRules> rules = DumpRules::Parse(text);
  EXPECT_TRUE(rules.ok()) << Message(rules.status());
  return rules.value_or(DumpRules());
}

std::string Refused(std::string_view text) { return std::string(Message(DumpRules::Parse(text).status())); }

// Spec 10 vectors 16.7: the default rules.
TEST(DumpRules, Defaults) {
  const DumpRules rules = Rules(DumpOptions().rules);
  EXPECT_EQ(rules.LevelOf("CreateContainer"), DumpLevel::kName);
  EXPECT_EQ(rules.LevelOf("RemoveImage"), DumpLevel::kOff);
  EXPECT_EQ(rules.LevelOf("ListContainers"), DumpLevel::kOff);
  EXPECT_EQ(rules.LevelOf("RuntimeConfig"), DumpLevel::kName);
  EXPECT_EQ(rules.LevelOf("StopPodSandbox"), DumpLevel::kName);
}

// Spec 10 vectors 16.7: the last expression that fits counts, an exact name ends the search.
TEST(DumpRules, OrderOfRules) {
  const DumpRules last = Rules("full:.*,short:.*Stop.*,off:.*List.*");
  EXPECT_EQ(last.LevelOf("StopContainer"), DumpLevel::kName);
  EXPECT_EQ(last.LevelOf("ListImages"), DumpLevel::kOff);
  EXPECT_EQ(last.LevelOf("Version"), DumpLevel::kFull);
  const DumpRules exact = Rules("off:.*,full:Version,Status");
  EXPECT_EQ(exact.LevelOf("Status"), DumpLevel::kFull);
  EXPECT_EQ(exact.LevelOf("PodSandboxStatus"), DumpLevel::kOff);
  EXPECT_EQ(Rules("name:Version,full:.*").LevelOf("Version"), DumpLevel::kName);
}

TEST(DumpRules, LevelsAndStars) {
  EXPECT_EQ(Rules("Version").LevelOf("Version"), DumpLevel::kFull);
  EXPECT_EQ(Rules("SUPPRESS:*").LevelOf("Version"), DumpLevel::kOff);
  EXPECT_EQ(Rules("verbose:*").LevelOf("Version"), DumpLevel::kFull);
  EXPECT_EQ(Rules("").LevelOf("Version"), DumpLevel::kOff);
  EXPECT_EQ(Rules("(Create)|(Start)").LevelOf("RestartContainer"), DumpLevel::kOff);
  EXPECT_EQ(Rules("(Create)|(Start)").LevelOf("StartContainer"), DumpLevel::kFull);
}

// Spec 10 vectors 16.7: errors.
TEST(DumpRules, Refusals) {
  EXPECT_THAT(Refused("loud:.*"), HasSubstr("dump: invalid dump level \"loud\""));
  EXPECT_THAT(Refused("off:.*, full:X"), HasSubstr("dump: invalid dump level \" full\""));
  EXPECT_THAT(Refused("full:("), HasSubstr("dump: invalid dump method regexp \"(\""));
}

TEST(DumpRules, CanonicalForm) {
  EXPECT_EQ(Rules("verbose:A,full:B,short:C.*,D,suppress:*").ToString(), "A,B,name:C.*,D,off:*");
  EXPECT_EQ(Rules(Rules(DumpOptions().rules).ToString()).ToString(), Rules(DumpOptions().rules).ToString());
}

}  // namespace
}  // namespace crm::config
