#include "config/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/compile.h"
#include "config/schema.h"

namespace crm::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

EnvironmentDefaults Read(std::map<std::string, std::string> variables) {
  return ReadEnvironment([variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

TEST(Environment, GivesDefaults) {
  const EnvironmentDefaults given = Read({{"HTTP_ENDPOINT", ":8891"},
                                          {"PROMETHEUS_EXPORT", "Enabled"},
                                          {"REPORT_PERIOD", "1m"},
                                          {"SAMPLING_FREQUENCY", "Production"},
                                          {"JAEGER_COLLECTOR", "http://c"},
                                          {"JAEGER_AGENT", "a:1"},
                                          {"LOGGER_DEBUG", "cache,off:rdt"}});
  EXPECT_THAT(given.errors, IsEmpty());
  EXPECT_EQ(given.plan.instrumentation.http_endpoint, ":8891");
  EXPECT_TRUE(given.plan.instrumentation.prometheus_export);
  EXPECT_EQ(given.plan.instrumentation.report_period_ns, 60'000'000'000);
  EXPECT_EQ(given.plan.instrumentation.sampling, 0.1);
  EXPECT_EQ(given.plan.instrumentation.jaeger_collector, "http://c");
  EXPECT_EQ(given.plan.instrumentation.jaeger_agent, "a:1");
  EXPECT_THAT(given.plan.logger.debug_rules, ElementsAre("on:cache", "off:rdt"));

  // The configuration adds to the debug sources and overrides them by source.
  const Plan plan = CompileText("logger: {Debug: \"rdt,off:cache\"}", given.plan).plan;
  EXPECT_THAT(plan.logger.debug_rules, ElementsAre("on:cache", "off:rdt", "on:rdt", "off:cache"));
  EXPECT_EQ(plan.instrumentation.http_endpoint, ":8891");

  const std::string shown = DefaultConfigYaml(given.texts);
  EXPECT_THAT(shown, HasSubstr("  HTTPEndpoint: \":8891\"\n"));
  EXPECT_THAT(shown, HasSubstr("  PrometheusExport: true\n"));
  EXPECT_THAT(shown, HasSubstr("  Debug: \"cache,off:rdt\"\n"));
  EXPECT_TRUE(CompileText(shown).ok());
}

TEST(Environment, IgnoresWhatIsEmptyOrInvalid) {
  const EnvironmentDefaults given = Read({{"HTTP_ENDPOINT", ""},
                                          {"PROMETHEUS_EXPORT", "perhaps"},
                                          {"REPORT_PERIOD", "15 parsecs"},
                                          {"SAMPLING_FREQUENCY", "2"},
                                          {"LOGGER_DEBUG", "a:b:c"}});
  EXPECT_THAT(
      given.errors,
      ElementsAre(HasSubstr("environment variable PROMETHEUS_EXPORT: invalid value \"perhaps\""),
                  HasSubstr("REPORT_PERIOD"), HasSubstr("SAMPLING_FREQUENCY"), HasSubstr("LOGGER_DEBUG")));
  EXPECT_THAT(given.texts, IsEmpty());
  EXPECT_EQ(given.plan.instrumentation.report_period_ns, 15'000'000'000);
  EXPECT_THAT(given.plan.logger.debug_rules, IsEmpty());
}

}  // namespace
}  // namespace crm::config
