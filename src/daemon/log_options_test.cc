#include "daemon/log_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "config/compile.h"

namespace crm::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

config::GetVariable Variables(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

LogSettings Parsed(const std::vector<std::string>& words, std::map<std::string, std::string> variables = {},
                   const std::string& yaml = "") {
  LogOptions options(Variables(std::move(variables)));
  FlagTable table("x", "");
  options.AddTo(table);
  EXPECT_TRUE(table.ParseWords(words, nullptr).ok());
  return options.Settings(config::CompileText(yaml).plan.logger);
}

TEST(LogOptions, DefaultsAreThoseOfKlog) {
  const LogSettings settings = Parsed({});
  EXPECT_TRUE(settings.headers);
  EXPECT_FALSE(settings.prefix);
  EXPECT_TRUE(settings.to_stderr);
  EXPECT_EQ(settings.stderr_threshold, LogLevel::kError);
  EXPECT_EQ(settings.file_max_bytes, uint64_t{1800} << 20);
  EXPECT_TRUE(settings.file_header);
}

// Spec 10 vectors 16.7: in the journal.
TEST(LogOptions, JournalsHaveHeadersAlready) {
  const LogSettings journal = Parsed({}, {{"JOURNAL_STREAM", "8:1"}});
  EXPECT_FALSE(journal.headers);
  EXPECT_TRUE(journal.prefix);
  const LogSettings both = Parsed({}, {{"JOURNAL_STREAM", "8:1"}, {"LOGGER_SKIP_HEADERS", "false"}});
  EXPECT_TRUE(both.headers);
  EXPECT_FALSE(both.prefix);
  EXPECT_TRUE(Parsed({}, {{"JOURNAL_STREAM", ""}}).headers);
  EXPECT_TRUE(Parsed({"-skip_headers=false"}, {{"JOURNAL_STREAM", "8:1"}}).headers);
}

TEST(LogOptions, TheCommandLineStandsAboveTheEnvironment) {
  EXPECT_EQ(Parsed({}, {{"LOGGER_STDERRTHRESHOLD", "fatal"}}).stderr_threshold, LogLevel::kFatal);
  EXPECT_EQ(Parsed({"--stderrthreshold", "1"}, {{"LOGGER_STDERRTHRESHOLD", "fatal"}}).stderr_threshold,
            LogLevel::kWarning);
}

TEST(LogOptions, TheConfigurationStandsAboveBothUntilItSaysNothing) {
  LogOptions options(Variables({{"LOGGER_SKIP_HEADERS", "t"}}));
  const auto settings = [&](const std::string& yaml) {
    return options.Settings(config::CompileText(yaml).plan.logger);
  };
  EXPECT_FALSE(settings("").headers);
  EXPECT_TRUE(settings("logger: {Klog: {skip_headers: false}}").headers);
  EXPECT_FALSE(settings("logger: {Klog: {logtostderr: false}}").prefix);
  EXPECT_TRUE(settings("logger: {LogSource: true, Klog: {logtostderr: false}}").prefix);
  EXPECT_FALSE(settings("").headers);
}

TEST(LogOptions, Files) {
  EXPECT_EQ(Parsed({"--logtostderr=false", "--log_file=/var/log/x"}).file, "/var/log/x");
  EXPECT_EQ(Parsed({"--logtostderr=false", "--log_dir=/var/log"}).file, "/var/log/cri-resmgr.log");
  EXPECT_EQ(Parsed({"--log_file_max_size=0"}).file_max_bytes, 0U);
}

TEST(LogOptions, BadValuesAreRefusedOrIgnored) {
  LogOptions options(Variables({{"LOGGER_SKIP_HEADERS", "perhaps"}, {"LOGGER_V", "x"}}));
  EXPECT_THAT(options.errors(),
              ElementsAre(HasSubstr("environment variable LOGGER_SKIP_HEADERS: invalid value \"perhaps\""),
                          HasSubstr("LOGGER_V: invalid value")));
  FlagTable table("x", "");
  options.AddTo(table);
  EXPECT_EQ(
      Message(table.ParseWords({"--stderrthreshold=LOUD"}, nullptr)),
      "option --stderrthreshold: invalid value \"LOUD\", expected one of INFO, WARNING, ERROR, FATAL, 0, 1, "
      "2, 3");
  EXPECT_FALSE(table.ParseWords({"--log_file_max_size=-1"}, nullptr).ok());
}

TEST(LogOptions, NamesWhatHasNoEffect) {
  LogOptions options(Variables({{"LOGGER_V", "4"}}));
  FlagTable table("x", "");
  options.AddTo(table);
  ASSERT_TRUE(table.ParseWords({"--vmodule=a=2", "--skip_headers"}, nullptr).ok());
  EXPECT_THAT(options.WithoutEffect(), ElementsAre("--v", "--vmodule"));
  EXPECT_THAT(LogOptions(Variables({})).WithoutEffect(), IsEmpty());
}

TEST(ApplyLogging, DebuggingPoliciesIncludesTheActiveOne) {
  const LogSettings before = GetLogSettings();
  const LogOptions options(Variables({}));
  config::Plan plan;
  plan.policy = "topology-aware";
  plan.logger.debug_rules = {"on:policy"};
  ApplyLogging(options, plan);
  EXPECT_TRUE(Logger("topology-aware").DebugEnabled());
  EXPECT_FALSE(Logger("rdt").DebugEnabled());
  plan.logger.debug_rules = {"on:policy", "off:topology-aware"};
  ApplyLogging(options, plan);
  EXPECT_FALSE(Logger("topology-aware").DebugEnabled());
  plan.logger.debug_rules = {};
  ApplyLogging(options, plan);
  EXPECT_FALSE(Logger("policy").DebugEnabled());
  ASSERT_TRUE(SetLogSettings(before).ok());
}

}  // namespace
}  // namespace crm::daemon
