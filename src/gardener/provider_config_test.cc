#include "gardener/provider_config.h"

#include "gardener/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

// The numbers are those of the test vectors of spec 60.
namespace crm::gardener {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

absl::StatusOr<ProviderConfig> Decode(const std::string& text) {
  return DecodeProviderConfig(Json::parse(text));
}

TEST(ProviderConfig, Vector35WrongTypesAreTheOwnersProblem) {
  for (const char* bad : {R"({"configs":{"a":1}})", R"({"configs":[]})", R"({"configs":"x"})", R"([])",
                          R"("x")", R"({"nodeSelector":{"a":true}})", R"({"nodeSelector":{"-a":"b"}})",
                          R"({"nodeSelector":{"a":"b c"}})", R"({"nodeSelector":{"A.b/c":"d"}})",
                          R"({"nodeSelector":{"a/b/c":"d"}})", R"({"nodeSelector":{"":"d"}})"}) {
    const auto config = Decode(bad);
    ASSERT_FALSE(config.ok()) << bad;
    EXPECT_THAT(Codes(config.status()), ElementsAre("ERR_CONFIGURATION_PROBLEM")) << bad;
  }
  EXPECT_EQ(Decode(R"({"configs":{"a":1}})").status().message(),
            "providerConfig: configs.a: expected a text, found a number");
}

TEST(ProviderConfig, Vector36NullIsEmpty) {
  for (const char* empty : {"null", "{}", R"({"configs":null,"nodeSelector":null})"}) {
    const auto config = Decode(empty);
    ASSERT_TRUE(config.ok()) << empty;
    EXPECT_THAT(config->configs, IsEmpty());
    EXPECT_THAT(config->warnings, IsEmpty());
  }
}

TEST(ProviderConfig, Vector37LastEntryOfTheShootWins) {
  const Json cluster = Json::parse(R"({"spec":{"shoot":{"spec":{"extensions":[
      {"type":"cri-resmgr-extension","providerConfig":{"configs":{"a":"1"}}},
      {"type":"cri-resmgr-extension","providerConfig":{"configs":{"a":"2"}}},
      {"type":"other","providerConfig":{"configs":{"a":"3"}}}]}}}})");
  EXPECT_THAT(FindProviderConfig(Json::parse(R"({"spec":{}})"), &cluster)->configs,
              ElementsAre(Pair("a", "2")));
  const Json own = Json::parse(R"({"spec":{"providerConfig":{"configs":{"a":"4"}}}})");
  EXPECT_THAT(FindProviderConfig(own, &cluster)->configs, ElementsAre(Pair("a", "4")));
  const Json no_shoot = Json::parse(R"({"spec":{"shoot":null}})");
  EXPECT_THAT(FindProviderConfig(Json::parse("{}"), &no_shoot)->configs, IsEmpty());
  EXPECT_THAT(FindProviderConfig(Json::parse("{}"), nullptr)->configs, IsEmpty());
}

TEST(ProviderConfig, Vector38ContainerdAlwaysWins) {
  const auto config = Decode(R"({"nodeSelector":{"worker.gardener.cloud/cri-name":"docker","x":"y"}})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(NodeSelector(*config),
              ElementsAre(Pair("worker.gardener.cloud/cri-name", "containerd"), Pair("x", "y")));
  EXPECT_THAT(NodeSelector(ProviderConfig()),
              ElementsAre(Pair("worker.gardener.cloud/cri-name", "containerd")));
}

TEST(ProviderConfig, UnknownKeysAreWarnings) {
  const auto config = Decode(R"({"apiVersion":"cri-resmgr.extensions.gardener.cloud/v1alpha1",
      "kind":"CriResMgrConfig","config":{},"configs":{"a":"x"}})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->warnings, ElementsAre(HasSubstr("providerConfig: config: unknown key")));
  EXPECT_THAT(Decode(R"({"kind":"Other"})")->warnings, ElementsAre(HasSubstr("kind: found \"Other\"")));
}

}  // namespace
}  // namespace crm::gardener
