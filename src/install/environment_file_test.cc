#include "install/environment_file.h"

#include "gmock/gmock.h"

namespace crm::install {
namespace {

using testing::IsEmpty;

TEST(EnvironmentFile, TheLastAssignmentWins) {
  EXPECT_EQ(FindAssignment("A=1\nB=2\nA=3\n", "A"), "3");
  EXPECT_EQ(FindAssignment("A=1", "B"), std::nullopt);
  EXPECT_EQ(FindAssignment("A=\n", "A"), "");
}

TEST(EnvironmentFile, CommentsAndOtherLinesAreNoAssignments) {
  EXPECT_THAT(ParseEnvironmentFile("# A=1\n ; B=2\nno assignment\n\n  \n=x\n"), IsEmpty());
}

TEST(EnvironmentFile, ValuesAreReadAsSystemdReadsThem) {
  struct Case {
    const char* text;
    const char* value;
  };
  for (const Case& c : {Case{"A=b c  \n", "b c"}, Case{"A=\"b c\"", "b c"}, Case{"A='b \"c'", "b \"c"},
                        Case{R"(A="b \"c\" \$d \x")", R"(b "c" $d \x)"}, Case{R"(A=b\ \"c)", "b \"c"},
                        Case{"A=b\\\nc", "bc"}, Case{"A=\"b\\\nc\"", "bc"}, Case{"A=\"b\nc\"", "b\nc"},
                        Case{"A=\"b\" 'c'", "bc"}, Case{"A=b\"c\"", "b\"c\""}, Case{"  A = b", "b"},
                        Case{"A=b #c", "b #c"}, Case{"A=\"open", "open"}, Case{"A=x\\", "x"}}) {
    EXPECT_EQ(FindAssignment(c.text, "A"), c.value) << c.text;
  }
}

TEST(EnvironmentFile, PositionsCutTheTextExactly) {
  const std::string text = "# c\nA=\"x y\"\nB=2\n";
  const std::vector<Assignment> found = ParseEnvironmentFile(text);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(text.substr(found[0].begin, found[0].end - found[0].begin), "A=\"x y\"");
  EXPECT_EQ(text.substr(found[1].begin), "B=2\n");
}

TEST(EnvironmentFile, WhatIsFormattedIsReadBack) {
  for (const char* value :
       {"", "plain-1.0/x=y", "two words", "a \"b\" \\ $c `d`", "'q'", "# no comment", "tab\there"}) {
    EXPECT_EQ(FindAssignment(FormatAssignment("A", value) + "\nB=1\n", "A"), value);
  }
  EXPECT_EQ(FormatAssignment("A", "--x=unix:///run/s.sock"), "A=--x=unix:///run/s.sock");
}

}  // namespace
}  // namespace crm::install
