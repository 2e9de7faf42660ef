#include "install/desired.h"

#include "base/status.h"
#include "gmock/gmock.h"
#include "install/environment_file.h"
#include "install/paths.h"
#include "install/sha256.h"
#include "install/shipped.h"

namespace crm::install {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

StaticConfigs Fallback(std::string text) { return {std::move(text), std::nullopt, std::nullopt}; }
StaticConfigs Force(std::string text) { return {std::nullopt, std::move(text), std::nullopt}; }
StaticConfigs Extra(std::string text) { return {std::nullopt, std::nullopt, std::move(text)}; }

DesiredInput Input(StaticConfigs configs = {}) {
  DesiredInput input;
  input.payload.version = "1.0.0";
  input.payload.sha256 = {{kDaemon, "aa"}, {kInstaller, "bb"}, {"/opt/intel/licenses/LICENSE", "cc"}};
  input.configs = std::move(configs);
  return input;
}

std::string Content(const Desired& desired, const char* path) {
  const DesiredFile* file = desired.Find(path);
  return file == nullptr ? "(absent)" : file->content;
}

// Spec 61, vectors 13 to 15.
TEST(Desired, Vector13ForceXorFallback) {
  const auto forced = ComputeDesired(Input(Force("policy: {Active: none}")));
  ASSERT_TRUE(forced.ok()) << forced.status();
  EXPECT_EQ(FindAssignment(Content(*forced, kDefaults), "CONFIG_OPTIONS"),
            "--force-config /etc/cri-resmgr/force.cfg");
  EXPECT_EQ(Content(*forced, kForce), "policy: {Active: none}");
  EXPECT_THAT(forced->absent, Not(Contains(kForce)));

  const auto fallback = ComputeDesired(Input());
  EXPECT_EQ(FindAssignment(Content(*fallback, kDefaults), "CONFIG_OPTIONS"),
            "--fallback-config /etc/cri-resmgr/fallback.cfg");
  EXPECT_THAT(fallback->absent, ElementsAre(kForce, kExtraOptions));
  for (const auto& desired : {forced, fallback}) {
    const std::string options = *FindAssignment(Content(*desired, kDefaults), "CONFIG_OPTIONS");
    EXPECT_NE(options.find("--force-config") == std::string::npos,
              options.find("--fallback-config") == std::string::npos);
  }
}

TEST(Desired, Vector14ExtraOptionsGoVerbatimAndTheUnitStays) {
  const std::string text = "EXTRA_OPTIONS=\"--metrics-interval 10s\"";
  const auto with = ComputeDesired(Input(Extra(text)));
  const auto without = ComputeDesired(Input());
  ASSERT_TRUE(with.ok()) << with.status();
  EXPECT_EQ(Content(*with, kExtraOptions), text);
  EXPECT_EQ(Content(*with, kUnitFile), Content(*without, kUnitFile));
  EXPECT_THAT(with->daemon.arguments,
              ElementsAre(kDaemon, "--fallback-config", kFallback, "--metrics-interval", "10s"));
  EXPECT_THAT(without->daemon.arguments, ElementsAre(kDaemon, "--fallback-config", kFallback));
  EXPECT_THAT(without->absent, Contains(kExtraOptions));
}

TEST(Desired, Vector15NoConfigurationMeansTheSample) {
  const auto desired = ComputeDesired(Input());
  EXPECT_EQ(Content(*desired, kFallback), ShippedSample());
  EXPECT_EQ(Content(*desired, kSample), ShippedSample());
}

TEST(Desired, Vector16FallbackIsVerbatim) {
  EXPECT_EQ(Content(*ComputeDesired(Input(Fallback("policy: {Active: none}"))), kFallback),
            "policy: {Active: none}");
}

TEST(Desired, RefusesWhatTheDaemonWouldRefuse) {
  const auto message = [](StaticConfigs configs) {
    return std::string(Message(ComputeDesired(Input(std::move(configs))).status()));
  };
  EXPECT_THAT(message(Fallback("policy: {Active: no-such}")), HasSubstr(kFallback));
  EXPECT_THAT(message(Force("- a")), HasSubstr(kForce));
  EXPECT_THAT(message(Extra("EXTRA_OPTIONS=--no-such-option")), HasSubstr("--no-such-option"));
  EXPECT_THAT(message(Extra("--metrics-interval 10s")), HasSubstr("expected an assignment"));
  EXPECT_THAT(message(Extra("EXTRA_OPTIONS=--help")), HasSubstr("--help"));
  EXPECT_THAT(message(Extra("EXTRA_OPTIONS=--version")), HasSubstr("expected options of a daemon"));
  EXPECT_THAT(message(Extra("EXTRA_OPTIONS=stray")), HasSubstr("stray"));
  EXPECT_THAT(message(Extra("EXTRA_OPTIONS='--force-config /x'")), HasSubstr("exclude each other"));
}

TEST(Desired, TheSocketsAreTheDaemons) {
  const auto desired =
      ComputeDesired(Input(Extra("EXTRA_OPTIONS='--relay-socket unix:///run/x.sock --relay-dir=/var/y'")));
  ASSERT_TRUE(desired.ok()) << desired.status();
  EXPECT_EQ(desired->endpoint.relay_socket, "/run/x.sock");
  EXPECT_EQ(desired->endpoint.runtime_socket, "/var/run/containerd/containerd.sock");
  EXPECT_EQ(desired->daemon.state_dir, "/var/y");
}

TEST(Desired, ProgramsAreExecutableAndTextsAreNot) {
  const auto desired = ComputeDesired(Input());
  EXPECT_EQ(desired->Find(kDaemon)->mode, 0755);
  EXPECT_EQ(desired->Find("/opt/intel/licenses/LICENSE")->mode, 0644);
  EXPECT_EQ(desired->Find(kUnitFile)->mode, 0644);
}

TEST(Desired, TheNodesOwnConfigurationsAreLeftAlone) {
  DesiredInput input = Input({"policy: {Active: none}", "policy: {Active: none}", std::nullopt});
  input.configs_are_the_nodes = true;
  const auto desired = ComputeDesired(input);
  EXPECT_EQ(desired->Find(kFallback), nullptr);
  EXPECT_EQ(desired->Find(kForce), nullptr);
  EXPECT_THAT(desired->absent, IsEmpty());
  EXPECT_THAT(Content(*desired, kDefaults), HasSubstr("--force-config"));
  input.configs = {};
  EXPECT_EQ(Content(*ComputeDesired(input), kFallback), ShippedSample());
}

TEST(Desired, TheFingerprintFollowsVersionAndConfiguration) {
  const auto base = ComputeDesired(Input());
  EXPECT_EQ(base->fingerprint, ComputeDesired(Input())->fingerprint);
  EXPECT_NE(base->fingerprint, ComputeDesired(Input(Fallback("policy: {Active: none}")))->fingerprint);
  DesiredInput newer = Input();
  newer.payload.version = "1.0.1";
  EXPECT_NE(base->fingerprint, ComputeDesired(newer)->fingerprint);
}

TEST(Shipped, TheUnitsSayWhatTheSpecAsks) {
  const std::string unit(ShippedUnit());
  for (const char* line :
       {"Before=kubelet.service\n", "OnFailure=cri-resmgr-failsafe.service\n", "Restart=always\n",
        "ExecStart=/opt/intel/bin/cri-resmgr $CONFIG_OPTIONS $POLICY_OPTIONS $EXTRA_OPTIONS\n",
        "EnvironmentFile=/etc/default/cri-resource-manager\n",
        "EnvironmentFile=-/etc/cri-resmgr/EXTRA_OPTIONS.cfg\n", "NoNewPrivileges=yes\n"}) {
    EXPECT_THAT(unit, HasSubstr(line));
  }
  // systemd ignores the rate limits in [Unit].
  EXPECT_GT(unit.find("LogRateLimitBurst=100000"), unit.find("[Service]"));
  EXPECT_LT(unit.find("StartLimitBurst=5"), unit.find("[Service]"));
  EXPECT_THAT(std::string(ShippedFailsafeUnit()),
              HasSubstr("ExecStart=/opt/intel/bin/cri-resmgr-installer failsafe --host-root=/\n"));
}

}  // namespace
}  // namespace crm::install
