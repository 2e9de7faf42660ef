#include "base/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace crm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class FlagsTest : public ::testing::Test {
 protected:
  FlagsTest() {
    table_.Heading("Sockets")
        .Add("socket", &socket_, "where to listen")
        .Add("quiet", &quiet_, "say less")
        .Heading("Times")
        .Add("count", &count_, "how often")
        .Add("wait", &wait_, "how long")
        .Add("level", FlagReader{"level", "ERROR", [this](std::string_view text) { return Read(text); }},
             "which")
        .Add("bare", FlagReader{"", "false", [this](std::string_view text) { return Read(text); }}, "alone");
  }

  absl::Status Read(std::string_view text) {
    if (text == "bad") return InvalidArgument("invalid value \"bad\", expected a good one");
    read_ = text;
    return absl::OkStatus();
  }

  std::string Refused(std::vector<std::string> words) {
    return std::string(Message(table_.ParseWords(words, nullptr)));
  }

  std::string socket_ = "/run/s";
  bool quiet_ = false;
  int count_ = 3;
  absl::Duration wait_ = absl::Seconds(1);
  std::string read_;
  FlagTable table_{"x", "Does x."};
};

// Spec 10 section 2.1.
TEST_F(FlagsTest, GoStyleSpelling) {
  std::vector<std::string> rest;
  ASSERT_TRUE(table_
                  .ParseWords({"-socket", "/a", "--socket=/b", "-quiet", "--count=7", "--wait", "1m30s",
                               "more", "--quiet=false"},
                              &rest)
                  .ok());
  EXPECT_EQ(socket_, "/b");
  EXPECT_TRUE(quiet_);
  EXPECT_EQ(count_, 7);
  EXPECT_EQ(wait_, absl::Seconds(90));
  EXPECT_THAT(rest, ElementsAre("more", "--quiet=false"));
}

TEST_F(FlagsTest, BooleansTakeTheirValueAfterAnEqualsSign) {
  for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    quiet_ = false;
    ASSERT_TRUE(table_.ParseWords({std::string("-quiet=") + yes}, nullptr).ok()) << yes;
    EXPECT_TRUE(quiet_) << yes;
  }
  for (const char* no : {"0", "f", "F", "false", "FALSE", "False"}) {
    quiet_ = true;
    ASSERT_TRUE(table_.ParseWords({std::string("-quiet=") + no}, nullptr).ok()) << no;
    EXPECT_FALSE(quiet_) << no;
  }
  std::vector<std::string> rest;
  ASSERT_TRUE(table_.ParseWords({"--quiet", "false"}, &rest).ok());
  EXPECT_TRUE(quiet_);
  EXPECT_THAT(rest, ElementsAre("false"));
}

TEST_F(FlagsTest, TwoDashesEndTheOptions) {
  std::vector<std::string> rest;
  ASSERT_TRUE(table_.ParseWords({"--", "--quiet"}, &rest).ok());
  EXPECT_FALSE(quiet_);
  EXPECT_THAT(rest, ElementsAre("--quiet"));
}

TEST_F(FlagsTest, ReadersGetTheText) {
  ASSERT_TRUE(table_.ParseWords({"--level", "INFO"}, nullptr).ok());
  EXPECT_EQ(read_, "INFO");
  ASSERT_TRUE(table_.ParseWords({"--bare"}, nullptr).ok());
  EXPECT_EQ(read_, "true");
  ASSERT_TRUE(table_.ParseWords({"--bare=x"}, nullptr).ok());
  EXPECT_EQ(read_, "x");
}

TEST_F(FlagsTest, ZeroDurationsHaveWords) {
  for (const char* word : {"0", "disable", "disabled"}) {
    wait_ = absl::Seconds(1);
    ASSERT_TRUE(table_.ParseWords({"--wait", word}, nullptr).ok()) << word;
    EXPECT_EQ(wait_, absl::ZeroDuration()) << word;
  }
}

TEST_F(FlagsTest, RefusalsNameOptionValueAndExpectation) {
  EXPECT_EQ(Refused({"--nosuch"}), "unknown option --nosuch");
  EXPECT_EQ(Refused({"--=x"}), "unknown option --");
  EXPECT_EQ(Refused({"--socket"}), "option --socket needs a value");
  EXPECT_EQ(Refused({"--quiet=yes"}), "option --quiet: invalid value \"yes\", expected true or false");
  EXPECT_EQ(Refused({"--count=1x"}), "option --count: invalid value \"1x\", expected an integer");
  EXPECT_THAT(Refused({"--wait=soon"}), HasSubstr("expected a duration"));
  EXPECT_EQ(Refused({"--level=bad"}), "option --level: invalid value \"bad\", expected a good one");
  EXPECT_EQ(Refused({"a", "b"}), "unknown command line arguments: a,b");
}

TEST_F(FlagsTest, HelpHasHeadingsTypesAndDefaults) {
  const std::string help = table_.Help();
  EXPECT_THAT(help,
              HasSubstr("\nSockets:\n  --socket string\n        where to listen (default \"/run/s\")\n"));
  EXPECT_THAT(help, HasSubstr("  --quiet\n        say less (default false)\n"));
  EXPECT_THAT(help, HasSubstr("\nTimes:\n  --count int\n"));
  EXPECT_THAT(help, HasSubstr("  --level level\n        which (default ERROR)\n"));
  EXPECT_THAT(help, Not(HasSubstr("Options:")));
}

}  // namespace
}  // namespace crm
