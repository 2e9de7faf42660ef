#include "gardener/options.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm::gardener {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

absl::StatusOr<Options> Parse(const std::vector<std::string>& words) {
  return ParseOptions(words, [](const char* name) {
    return std::string(name) == "EXTENSION_CONFIGMAP_NAMESPACE" ? "ns" : "";
  });
}

TEST(Options, Defaults) {
  const auto options = Parse({});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->max_concurrent_reconciles, 1);
  EXPECT_FALSE(options->ignore_operation_annotation);
  EXPECT_EQ(options->log_format, LogFormat::kJson);
  EXPECT_EQ(options->config_map_namespace, "ns");
  EXPECT_EQ(options->image_vector_overwrite, "");
  EXPECT_THAT(options->classes, ElementsAre("shoot"));
  EXPECT_THAT(options->without_effect, IsEmpty());
}

TEST(Options, WhatIsAcceptedOnlyIsNamed) {
  const auto options = Parse({"--leader-election", "--metrics-bind-address=0", "--health-bind-address",
                              ":8081", "--max-concurrent-reconciles=5", "--renew-interval-seconds=10",
                              "--extension-classes=shoot,seed", "--ignore-operation-annotation"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->max_concurrent_reconciles, 5);
  EXPECT_TRUE(options->ignore_operation_annotation);
  EXPECT_THAT(options->classes, ElementsAre("shoot", "seed"));
  EXPECT_THAT(options->without_effect, ElementsAre("--leader-election", "--metrics-bind-address",
                                                   "--health-bind-address", "--renew-interval-seconds"));
}

TEST(Options, Vectors56And57Refusals) {
  const auto refusal = [](const std::string& word) { return std::string(Parse({word}).status().message()); };
  EXPECT_THAT(refusal("--log-level=trace"), HasSubstr("invalid --log-level: trace"));
  EXPECT_THAT(refusal("--log-format=xml"), HasSubstr("invalid --log-format: xml"));
  EXPECT_THAT(refusal("--renew-interval-seconds=0"), HasSubstr("--heartbeat-renew-interval-seconds"));
  EXPECT_THAT(refusal("--max-concurrent-reconciles=0"), HasSubstr("--max-concurrent-reconciles"));
  EXPECT_THAT(refusal("--no-such"), HasSubstr("no-such"));
  EXPECT_THAT(refusal("word"), HasSubstr("word"));
}

}  // namespace
}  // namespace crm::gardener
