#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/log_klog.h"
#include "base/log_settings.h"
#include "base/rate_limited_logger.h"

namespace crm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

// Every test leaves the process as it found it.
class LogTest : public ::testing::Test {
 protected:
  void TearDown() override {
    SetDebugRules({});
    ASSERT_TRUE(SetLogSettings(before_).ok());
  }
  const LogSettings before_ = GetLogSettings();
};

LogMessage Message(std::string_view text) {
  return {LogLevel::kInfo, "cache", text, "../../src/engine/world.cc", 12, absl::UnixEpoch()};
}

// Spec 10 vectors 16.7: the source is centred.
TEST_F(LogTest, Prefix) {
  LogSettings settings;
  EXPECT_EQ(KlogLines(Message("hi"), settings, 16, 1), "I: [      cache     ] hi");
  EXPECT_EQ(KlogLines(Message("hi"), settings, 5, 1), "I: [cache] hi");
  EXPECT_EQ(KlogLines(Message("hi"), settings, 3, 1), "I: [cache] hi");
  EXPECT_EQ(KlogLines(Message("hi"), settings, 6, 1), "I: [ cache] hi");
  settings.prefix = false;
  EXPECT_EQ(KlogLines(Message("hi"), settings, 16, 1), "hi");
}

TEST_F(LogTest, LevelsHaveLetters) {
  LogMessage message = Message("x");
  std::string letters;
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError, LogLevel::kFatal}) {
    message.level = level;
    LogSettings settings;
    settings.headers = true;
    const std::string line = KlogLines(message, settings, 5, 1);
    letters += line[0];
    letters += line[line.find("] ") + 2];
  }
  EXPECT_EQ(letters, "IDIIWWEEFF");
}

TEST_F(LogTest, Header) {
  LogSettings settings;
  settings.headers = true;
  settings.prefix = false;
  LogMessage message = Message("hi");
  message.time = absl::FromDateTime(2024, 2, 1, 15, 4, 5, absl::LocalTimeZone()) + absl::Microseconds(42);
  EXPECT_EQ(KlogLines(message, settings, 16, 1234), "I0201 15:04:05.000042    1234 world.cc:12] hi");
  settings.add_dir_header = true;
  EXPECT_EQ(KlogLines(message, settings, 16, 1234), "I0201 15:04:05.000042    1234 engine/world.cc:12] hi");
}

TEST_F(LogTest, BlocksKeepThePrefixOnEachLine) {
  EXPECT_EQ(KlogLines(Message("a\nb\n"), {}, 5, 1), "I: [cache] a\nI: [cache] b");
  EXPECT_EQ(KlogLines(Message("a\n\nb"), {}, 5, 1), "I: [cache] a\nI: [cache] \nI: [cache] b");
  EXPECT_EQ(KlogLines(Message(""), {}, 5, 1), "I: [cache] ");
}

TEST_F(LogTest, CallsCarryTheirPlace) {
  LogSettings settings;
  settings.headers = true;
  ASSERT_TRUE(SetLogSettings(settings).ok());
  CaptureStderr();
  Logger("place").Info("number {}", 7);
  EXPECT_THAT(GetCapturedStderr(),
              ::testing::MatchesRegex("I.* log_test.cc:[0-9]+. I: . *place *. number 7\n"));
}

// Spec 10 vectors 16.7: which sources are debugged.
TEST_F(LogTest, DebugRules) {
  const auto enabled = [](std::vector<std::string> rules) {
    SetDebugRules(rules);
    std::string on;
    for (const char* source : {"cache", "policy", "rdt", "x"}) {
      if (Logger(source).DebugEnabled()) on += std::string(source) + " ";
    }
    return on;
  };
  EXPECT_EQ(enabled({}), "");
  EXPECT_EQ(enabled({"on:cache", "on:policy"}), "cache policy ");
  EXPECT_EQ(enabled({"off:cache", "off:policy", "on:rdt"}), "rdt ");
  EXPECT_EQ(enabled({"on:*", "off:cache"}), "policy rdt x ");
  EXPECT_EQ(enabled({"off:cache", "on:*"}), "policy rdt x ");
  EXPECT_EQ(enabled({"on:cache", "off:cache"}), "");
  SetDebugSources("rdt");
  EXPECT_TRUE(Logger("rdt").DebugEnabled());
  EXPECT_FALSE(Logger("cache").DebugEnabled());
}

TEST_F(LogTest, ForcedDebugOverridesTheRules) {
  SetDebugRules({"off:cache"});
  EXPECT_TRUE(ToggleForcedDebug());
  EXPECT_TRUE(Logger("cache").DebugEnabled());
  EXPECT_FALSE(ToggleForcedDebug());
  EXPECT_FALSE(Logger("cache").DebugEnabled());
}

std::string Slurp(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_F(LogTest, FilesTakeWhatStderrNeedNotShow) {
  std::string folder = ::testing::TempDir() + "log_test.XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  LogSettings settings;
  settings.to_stderr = false;
  settings.file = folder + "/log";
  ASSERT_TRUE(SetLogSettings(settings).ok());
  CaptureStderr();
  Logger("cache").Info("quiet");
  Logger("cache").Error("loud");
  const std::string shown = GetCapturedStderr();
  EXPECT_THAT(shown, HasSubstr("loud"));
  EXPECT_EQ(shown.find("quiet"), std::string::npos);
  EXPECT_THAT(Slurp(settings.file), ::testing::StartsWith("Log file created at: "));
  EXPECT_THAT(Slurp(settings.file), HasSubstr("quiet"));
  EXPECT_THAT(Slurp(settings.file), HasSubstr("loud"));

  settings.also_to_stderr = true;
  ASSERT_TRUE(SetLogSettings(settings).ok());
  CaptureStderr();
  Logger("cache").Info("both");
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("both"));
  EXPECT_THAT(Slurp(settings.file), HasSubstr("quiet"));  // the same file goes on

  settings.file = folder + "/log/impossible";
  EXPECT_FALSE(SetLogSettings(settings).ok());
  EXPECT_EQ(GetLogSettings().file, folder + "/log");
}

TEST(RateLimitedLogger, LimitsEachTextByItself) {
  absl::Time now = absl::UnixEpoch();
  RateLimitedLogger log(Logger("grpc"), {absl::Minutes(1), 2, 1}, [&] { return now; });
  CaptureStderr();
  std::vector<bool> written;
  for (const char* text : {"a", "a", "a", "b"}) written.push_back(log.Log(LogLevel::kInfo, text));
  now += absl::Minutes(1);
  for (int count = 0; count < 2; ++count) written.push_back(log.Log(LogLevel::kInfo, "a"));
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("] <rate-limited> a\n"));
  EXPECT_THAT(written, ElementsAre(true, true, false, true, true, false));
}

TEST(RateLimitedLogger, ForgetsTheOldestText) {
  const absl::Time now = absl::UnixEpoch();
  RateLimitedLogger log(Logger("grpc"), {absl::Minutes(1), 1, 32}, [&] { return now; });
  CaptureStderr();
  EXPECT_TRUE(log.Log(LogLevel::kInfo, "first"));
  for (int text = 0; text < 31; ++text) EXPECT_TRUE(log.Log(LogLevel::kInfo, std::to_string(text)));
  EXPECT_FALSE(log.Log(LogLevel::kInfo, "first"));
  EXPECT_TRUE(log.Log(LogLevel::kInfo, "one more"));
  EXPECT_TRUE(log.Log(LogLevel::kInfo, "first"));
  GetCapturedStderr();
}

}  // namespace
}  // namespace crm
