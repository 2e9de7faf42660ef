#include "gardener/semver.h"

#include "gtest/gtest.h"

namespace crm::gardener {
namespace {

bool Matches(std::string_view constraint, std::string_view version) {
  const auto parsed = VersionConstraint::Parse(constraint);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() && parsed->Matches(*ParseVersion(version));
}

TEST(Semver, VersionsAreNormalised) {
  EXPECT_EQ(*ParseVersion("v1.26.3-gke.1"), (Version{1, 26, 3}));
  EXPECT_EQ(*ParseVersion("1.26.3+k3s1"), (Version{1, 26, 3}));
  EXPECT_EQ(*ParseVersion("1.30"), (Version{1, 30, 0}));
  for (std::string_view bad : {"", "x", "1.a", "1.2.3.4", "1..2", "-1", "1."}) {
    EXPECT_FALSE(ParseVersion(bad).ok()) << bad;
  }
}

TEST(Semver, Terms) {
  struct Case {
    std::string_view constraint, version;
    bool matches;
  };
  const Case cases[] = {
      {"1.26.x", "1.26.9", true},
      {"1.26.x", "1.27.0", false},
      {"1.26", "1.26.4", true},
      {">= 1.27", "1.27.0", true},
      {">= 1.27", "1.26.15", false},
      {"> 1.27", "1.27.3", false},
      {"> 1.27", "1.28.0", true},
      {"<= 1.27", "1.27.9", true},
      {"< 1.27", "1.26.15", true},
      {"< 1.27", "1.27.0", false},
      {"= 1.29.4", "1.29.4", true},
      {"= 1.29.4", "1.29.5", false},
      {"!= 1.29.4", "1.29.4", false},
      {"!= 1.29.4", "1.29.5", true},
      {"~1.29.2", "1.29.9", true},
      {"~1.29.2", "1.29.1", false},
      {"~1.29.2", "1.30.0", false},
      {"~1", "1.5.0", true},
      {"^1.2", "1.99.0", true},
      {"^1.2", "2.0.0", false},
      {"^0.2.3", "0.3.0", false},
      {">=1.26,<1.28", "1.27.5", true},
      {">= 1.26 < 1.28", "1.28.0", false},
      {"1.26.x || 1.28.x", "1.28.1", true},
      {"1.26.x || 1.28.x", "1.27.1", false},
      {"1.26 - 1.28", "1.28.7", true},
      {"1.26 - 1.28", "1.29.0", false},
      {"*", "1.30.2", true},
      {"v1.29.4", "1.29.4", true},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Matches(c.constraint, c.version), c.matches) << c.constraint << " " << c.version;
}

TEST(Semver, RefusesWhatItDoesNotUnderstand) {
  for (std::string_view bad : {"", "abc", ">= ", "=== 1.2", "1.26 ||", "<>1.2", "1.2.3.4"}) {
    const auto parsed = VersionConstraint::Parse(bad);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_NE(parsed.status().message().find("version constraint"), absl::string_view::npos);
  }
}

TEST(Semver, Exactness) {
  for (std::string_view exact : {"= 1.29", "=1.29.4", "1.29.4", "v1.29.4", "1.29.4 || 1.30.x"}) {
    EXPECT_TRUE(VersionConstraint::Parse(exact)->Exact()) << exact;
  }
  for (std::string_view loose : {">= 1.29.4", "1.29.x", "1.29", "~1.29.4"}) {
    EXPECT_FALSE(VersionConstraint::Parse(loose)->Exact()) << loose;
  }
}

}  // namespace
}  // namespace crm::gardener
