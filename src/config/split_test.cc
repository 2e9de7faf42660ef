#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "config/compile.h"

namespace crm::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::map<std::string, std::string> Split(std::string_view yaml) {
  absl::StatusOr<std::map<std::string, std::string>> data = SplitDocument(yaml);
  EXPECT_TRUE(data.ok()) << Message(data.status());
  return data.value_or(std::map<std::string, std::string>{});
}

std::string Refusal(std::string_view yaml) {
  const auto data = SplitDocument(yaml);
  EXPECT_FALSE(data.ok());
  EXPECT_EQ(data.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(Message(data.status()));
}

TEST(SplitDocument, ExampleOfSpec61) {
  EXPECT_THAT(
      Split("policy: {Active: topology-aware, ReservedResources: {CPU: 750m}}\nlogger: {Debug: policy}\n"),
      ElementsAre(Pair("logger", "Debug: policy\n"),
                  Pair("policy", "Active: topology-aware\nReservedResources:\n  CPU: 750m\n")));
}

TEST(SplitDocument, Vector17) { EXPECT_THAT(Split("CONFIG: 1"), ElementsAre(Pair("CONFIG", "1\n"))); }

// Vector 18 concerns the name of the ConfigMap, which the extension makes.

TEST(SplitDocument, Vector19TextThatIsNoMapping) {
  EXPECT_THAT(Refusal("- a"), HasSubstr("1:1: a list is no configuration, expected a mapping"));
  EXPECT_THAT(Refusal("just words"), HasSubstr("\"just words\" is no configuration"));
}

TEST(SplitDocument, Vector20EmptyText) {
  EXPECT_THAT(Split(""), IsEmpty());
  EXPECT_THAT(Split("# only a comment\n"), IsEmpty());
  EXPECT_THAT(Split("{}"), IsEmpty());
}

TEST(SplitDocument, Vector21KeyThatIsNoConfigMapKey) {
  EXPECT_THAT(Refusal("a b: 1"), HasSubstr("key \"a b\" cannot be a key of a ConfigMap"));
  EXPECT_THAT(Refusal("\"\": 1"), HasSubstr("cannot be a key"));
  EXPECT_THAT(Refusal("..: 1"), HasSubstr("cannot be a key"));
  EXPECT_THAT(Refusal("a/b: 1"), HasSubstr("cannot be a key"));
}

TEST(SplitDocument, Vector22OrderAndRepetition) {
  const auto once = Split("m: {z: 1, a: {y: 2, b: 3}}");
  EXPECT_THAT(once, ElementsAre(Pair("m", "a:\n  b: 3\n  y: 2\nz: 1\n")));
  EXPECT_EQ(Split("m:\n  a: {b: 3, y: 2}\n  z: 1\n"), once);
}

TEST(SplitDocument, KeepsQuotesAndDottedKeys) {
  EXPECT_THAT(Split("policy.ReservedResources: {CPU: \"750m\"}\npolicy.AvailableResources: {CPU: '1'}"),
              ElementsAre(Pair("policy.AvailableResources", "CPU: \"1\"\n"),
                          Pair("policy.ReservedResources", "CPU: \"750m\"\n")));
}

TEST(SplitDocument, RefusesBrokenYamlWithPosition) {
  EXPECT_THAT(Refusal("a: 1\nb: [1"), HasSubstr("invalid YAML: "));
  EXPECT_THAT(Refusal("a: 1\na: 2"), HasSubstr("2:1: key \"a\" is given twice"));
}

// What the extension splits and the agent delivers means the same as the document.
TEST(SplitDocument, CompilesToTheSamePlan) {
  constexpr std::string_view kText =
      "policy:\n  Active: topology-aware\n  ReservedResources: {cpu: \"1\"}\n  AvailableResources: {cpu: "
      "'0-3'}\n"
      "policy.topology-aware.PinMemory: false\nlogger: {Debug: 'cache'}\n";
  const Compiled whole = CompileText(kText);
  const Compiled split = CompileConfigMap(Split(kText));
  ASSERT_TRUE(whole.ok()) << Message(whole.status());
  ASSERT_TRUE(split.ok()) << Message(split.status());
  EXPECT_FALSE(split.plan.topology_aware.pin_memory);
  EXPECT_EQ(std::get<CpuSet>(split.plan.available), std::get<CpuSet>(whole.plan.available));
  EXPECT_EQ(std::get<CpuQuantity>(split.plan.reserved).milli, 1000);
  EXPECT_EQ(split.plan.logger.debug, "cache");
}

}  // namespace
}  // namespace crm::config
