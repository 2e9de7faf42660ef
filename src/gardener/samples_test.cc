#include <yaml-cpp/yaml.h>

#include "gardener/configs.h"
#include "gardener/provider_config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

// The samples mean what they say: nothing in them is refused, ignored or warned about.
namespace crm::gardener {
namespace {

using testing::IsEmpty;

Json ToJson(const YAML::Node& node) {
  if (node.IsMap()) {
    Json object = Json::object();
    for (const auto& entry : node) object[entry.first.Scalar()] = ToJson(entry.second);
    return object;
  }
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const YAML::Node& item : node) list.push_back(ToJson(item));
    return list;
  }
  return node.IsNull() ? Json() : Json(node.Scalar());
}

Json Load(const std::string& name) {
  return ToJson(YAML::LoadFile(std::string(CRM_SAMPLES "/extension/") + name));
}

TEST(Samples, ShootAndExtension) {
  const Json cluster = {{"spec", {{"shoot", Load("shoot.yaml")}}}};
  const auto config = FindProviderConfig(Json::object(), &cluster);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->warnings, IsEmpty());
  EXPECT_EQ(NodeSelector(*config).at("worker.gardener.cloud/pool"), "fast");
  Texts base;
  const Json config_map = Load("base-configs.yaml");
  for (const auto& [name, text] : config_map["data"].items()) base[name] = text.get<std::string>();
  const Texts merged = MergeConfigs(base, config->configs);
  const auto configs = MakeDeliverable(merged);
  ASSERT_TRUE(configs.ok()) << configs.status();
  EXPECT_THAT(configs->statics, IsEmpty()) << "the shoot drops fallback";
  EXPECT_EQ(configs->dynamics.size(), 2u);
  EXPECT_THAT(FindProblems(merged), IsEmpty());
  EXPECT_THAT(FindProblems(base), IsEmpty());

  const auto own = FindProviderConfig(Load("extension.yaml"), nullptr);
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(own->configs.at("default"), config->configs.at("default"));
}

}  // namespace
}  // namespace crm::gardener
