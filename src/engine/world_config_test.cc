// Which configuration is in force, and how it changes: spec 10 sections 6.4 and 6.5, vectors 16.5 by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/world_for_test.h"

namespace crm::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kTopologyAwareText[] =
    "policy: {Active: topology-aware, ReservedResources: {CPU: \"cpuset:0\"}}";

using WorldConfigTest = WorldTest;

TEST_F(WorldConfigTest, AnImpossibleFallbackConfigurationIsFatal) {
  options_.fallback_config = "policy: {Active: topology-aware, ReservedResources: {CPU: \"cpuset:900\"}}";
  World world(options_);
  EXPECT_THAT(std::string(Message(world.Load("t"))), HasSubstr("fallback configuration"));
}

TEST_F(WorldConfigTest, AForcedConfigurationIgnoresTheAgents) {
  options_.forced_config = "policy: {Active: topology-aware, ReservedResources: {CPU: \"cpuset:0\"}}";
  auto world = Start();
  EXPECT_EQ(world->config_source(), "forced");
  EXPECT_TRUE(absl::IsFailedPrecondition(world->Configure({"n1", {}})));
  EXPECT_EQ(world->policy().name(), "topology-aware");
}

TEST_F(WorldConfigTest, AForcedConfigurationThatDoesNotParseIsFatal) {
  options_.forced_config = "policy: {Active: nosuch}";
  World world(options_);
  EXPECT_THAT(std::string(Message(world.Load("t"))),
              StartsWith("forced configuration: config error: policy.Active: unknown policy \"nosuch\""));
}

TEST_F(WorldConfigTest, WithoutAnyTheBuiltInOneIsUsed) { EXPECT_EQ(Start()->config_source(), "built-in"); }

// "cached config invalid, fallback valid / no fallback"
TEST_F(WorldConfigTest, ARememberedConfigurationThatIsUnusableIsSkippedAndKept) {
  StartTopologyAware();
  options_.machine.online = CpuSet{};
  registry_ = placement::PolicyRegistry();
  registry_.Register("none", "fake", UnpinnedPolicy::Make);
  registry_.Register(
      "topology-aware", "fake",
      [](const hardware::Machine&, const config::Plan&,
         const placement::CgroupReader&) -> absl::StatusOr<std::unique_ptr<placement::Policy>> {
        return InvalidArgument("not on this machine");
      });
  EXPECT_EQ(Start()->config_source(), "built-in");
  options_.fallback_config = "policy: {Active: none}";
  auto world = Start();
  EXPECT_EQ(world->config_source(), "fallback");
  ASSERT_TRUE(world->state().config.has_value());
  EXPECT_EQ(world->state().config->data, kTopologyAware);
}

// "pushed config accepted, restart"
TEST_F(WorldConfigTest, TheRememberedConfigurationComesBeforeTheFallback) {
  StartTopologyAware();
  options_.fallback_config = "policy: {Active: none}";
  auto world = Start();
  EXPECT_EQ(world->config_source(), "agent");
  EXPECT_EQ(world->policy().name(), "topology-aware");
}

TEST_F(WorldConfigTest, ForcedAndFallbackConfigurationsAreNotRemembered) {
  options_.forced_config = kTopologyAwareText;
  EXPECT_FALSE(Start()->state().config.has_value());
  options_.forced_config.reset();
  options_.fallback_config = kTopologyAwareText;
  EXPECT_FALSE(Start()->state().config.has_value());
  options_.fallback_config.reset();
  EXPECT_EQ(Start()->config_source(), "built-in");
}

// "forced mode: file change + SIGHUP applies; broken file keeps the old config"
TEST_F(WorldConfigTest, AForcedConfigurationIsReadAgain) {
  options_.forced_config = "policy: {Active: none}";
  auto world = Start();
  Run(*world, "p", "a");
  EXPECT_THAT(std::string(Message(world->ConfigureForced("policy: {Active: [}"))), HasSubstr("invalid YAML"));
  EXPECT_EQ(world->policy().name(), "none");
  ASSERT_TRUE(world->ConfigureForced(kTopologyAwareText).ok());
  EXPECT_EQ(world->policy().name(), "topology-aware");
  EXPECT_EQ(sink_.cpus["id-p-a"], "0");
  EXPECT_FALSE(world->state().config.has_value());
}

// "config A sets AvailableResources and Debug: cache, then config B without them": D-40.
TEST_F(WorldConfigTest, WhatANewConfigurationDoesNotNameIsDefault) {
  std::vector<config::Plan> seen;
  options_.on_configured = [&](const config::Plan& plan) { seen.push_back(plan); };
  options_.defaults.instrumentation.http_endpoint = ":9";
  auto world = Start();
  ASSERT_TRUE(world
                  ->Configure({"n1",
                               {{"policy", "AvailableResources: {CPU: \"cpuset:1-3\"}"},
                                {"logger", "{Debug: cache, Klog: {skip_headers: true}}"},
                                {"blockio", "Classes: {a: [{Weight: 60}]}"},
                                {"resource-manager.control", "Controllers: {rdt: required}"},
                                {"instrumentation", "HTTPEndpoint: \":1\""}}})
                  .ok());
  ASSERT_TRUE(world->Configure({"n1", {{"dump", "Debug: true"}}}).ok());
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<CpuSet>(seen[1].available));
  EXPECT_THAT(seen[1].logger.debug_rules, ElementsAre("on:cache"));
  const config::Plan& last = seen[2];
  EXPECT_TRUE(std::holds_alternative<std::monostate>(last.available));
  EXPECT_TRUE(last.logger.debug_rules.empty());
  EXPECT_TRUE(last.logger.klog.empty());
  EXPECT_TRUE(last.blockio_classes.empty());
  EXPECT_EQ(last.control.ModeOf("rdt"), config::ControllerMode::kRelaxed);
  EXPECT_EQ(last.instrumentation.http_endpoint, ":9");
}

// "second module's callback rejects": what is refused was never in force.
TEST_F(WorldConfigTest, NobodyHearsOfARefusedConfiguration) {
  int heard = 0;
  options_.on_configured = [&](const config::Plan&) { ++heard; };
  auto world = Start();
  EXPECT_EQ(heard, 1);
  EXPECT_FALSE(world->Configure({"n1", kImpossible}).ok());
  EXPECT_FALSE(world->Configure({"n1", {{"logger", "Debug: \"a:b:c\""}}}).ok());
  EXPECT_EQ(heard, 1);
}

// "SetConfig with bad data"
TEST_F(WorldConfigTest, RefusalsBeginAsUsersMatchThem) {
  auto world = Start();
  EXPECT_THAT(std::string(Message(world->Configure({"n1", {{"foo", "1"}}}))),
              StartsWith("failed to apply configuration: resource-manager: configuration rejected: config "
                         "error: foo: unknown configuration data \"foo\""));
}

// "cached policy balloons, active none, --disable-policy-switch"
TEST_F(WorldConfigTest, ASwitchOfPolicyCanBeForbidden) {
  StartTopologyAware();
  options_.forced_config = "policy: {Active: none}";
  options_.disable_policy_switch = true;
  World refused(options_);
  EXPECT_THAT(
      std::string(Message(refused.Load("t"))),
      HasSubstr("resource-manager: cannot load cache with policy topology-aware for active policy none"));
  options_.forced_config.reset();
  auto world = Start();
  EXPECT_EQ(world->policy().name(), "topology-aware");
  Run(*world, "p", "a");
  EXPECT_THAT(std::string(Message(world->Configure({"n1", {}}))), HasSubstr("--disable-policy-switch"));
  EXPECT_EQ(world->policy().name(), "topology-aware");
  EXPECT_EQ(Cpus(*world, "uid-p:a"), "0");
}

TEST_F(WorldConfigTest, TheFirstStartSwitchesNothing) {
  options_.forced_config = kTopologyAwareText;
  options_.disable_policy_switch = true;
  EXPECT_EQ(Start()->policy().name(), "topology-aware");
}

// Forbidden or not must be told apart from unusable: the fallback must not take over.
TEST_F(WorldConfigTest, AForbiddenSwitchOfTheRememberedConfigurationIsFatal) {
  StartTopologyAware();
  absl::StatusOr<state::Store::Loaded> loaded = store_.Load("t");
  loaded->state.policy = "balloons";
  ASSERT_TRUE(store_.Save(loaded->state).ok());
  options_.disable_policy_switch = true;
  options_.fallback_config = "policy: {Active: none}";
  World world(options_);
  EXPECT_THAT(std::string(Message(world.Load("t"))), HasSubstr("cache with policy balloons"));
  options_.disable_policy_switch = false;
  EXPECT_EQ(Start()->state().policy, "topology-aware");
}

}  // namespace
}  // namespace crm::engine
