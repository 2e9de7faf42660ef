#include "config/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace crm::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Plan Accepted(std::string_view yaml) {
  Compiled compiled = CompileText(yaml);
  EXPECT_TRUE(compiled.ok()) << yaml << "\n" << Message(compiled.status());
  return compiled.plan;
}

// The errors, one after another; "" when accepted.
std::string Errors(std::string_view yaml) { return std::string(Message(CompileText(yaml).status())); }

std::string Warnings(std::string_view yaml) {
  std::string warnings;
  for (const Finding& finding : CompileText(yaml).findings) {
    if (finding.severity == Severity::kWarning) warnings += finding.ToString() + "\n";
  }
  return warnings;
}

TEST(Compile, NothingIsTheBuiltInConfiguration) {
  for (const char* text :
       {"", "{}", "policy:", "policy: {Active: null}", "policy: null\nlogger: null\nrdt: {}"}) {
    EXPECT_EQ(Accepted(text).policy, "none") << text;
    EXPECT_THAT(CompileText(text).findings, IsEmpty()) << text;
  }
  EXPECT_TRUE(CompileConfigMap({}).ok());
}

TEST(Compile, NestedAndDottedKeysAreEqual) {
  for (
      const char* text :
      {"policy: {Active: topology-aware, ReservedResources: {CPU: 1}, topology-aware: {PinCPU: false}}",
       "policy.Active: topology-aware\npolicy.ReservedResources.CPU: 1\npolicy.topology-aware.PinCPU: false",
       "policy: {Active: topology-aware, ReservedResources.CPU: 1, topology-aware.PinCPU: false}",
       "policy.topology-aware.PinCPU: false\npolicy: {Active: topology-aware, ReservedResources: {CPU: 1}}",
       R"({"policy":{"Active":"topology-aware","ReservedResources":{"cpu":1},"topology-aware":{"PinCPU":false}}})"}) {
    const Plan plan = Accepted(text);
    EXPECT_EQ(plan.policy, "topology-aware") << text;
    EXPECT_FALSE(plan.topology_aware.pin_cpu) << text;
    EXPECT_TRUE(plan.topology_aware.pin_memory) << text;
    EXPECT_EQ(std::get<CpuQuantity>(plan.reserved).milli, 1000) << text;
  }
}

TEST(Compile, ExampleOfSpec10IsAccepted) {
  const Plan plan = Accepted(
      "policy:\n  Active: topology-aware\n  ReservedResources: {cpu: 1500m}\n"
      "policy.topology-aware.PinMemory: false\n"
      "logger: {Debug: \"cache,resource-manager\", LogSource: true}\n"
      "instrumentation: {HTTPEndpoint: \":8891\", PrometheusExport: true, ReportPeriod: 15000000000}\n");
  EXPECT_EQ(std::get<CpuQuantity>(plan.reserved).milli, 1500);
  EXPECT_FALSE(plan.topology_aware.pin_memory);
  EXPECT_EQ(plan.logger.debug, "cache,resource-manager");
  EXPECT_EQ(plan.instrumentation.http_endpoint, ":8891");
  EXPECT_TRUE(plan.instrumentation.prometheus_export);
}

TEST(Compile, ConflictsOfDottedAndNestedKeys) {
  EXPECT_EQ(Errors("policy: {Active: none}\npolicy.Active: none"),
            "policy.Active: dotted key \"policy.Active\" conflicts with nested key \"policy.Active\"");
  EXPECT_THAT(Errors("policy.Active: none\npolicy: {Active: none}"), HasSubstr("conflicts with nested key"));
  EXPECT_THAT(Errors("policy: 5\npolicy.Active: none"), HasSubstr("conflicts with nested key"));
  EXPECT_THAT(Errors("policy.static: {Rdt: auto}\npolicy: {static: {RelaxedIsolation: true}}"),
              HasSubstr("conflicts with nested key \"policy.static\""));
  EXPECT_EQ(Errors("policy.static.Rdt: auto\npolicy.static: {RelaxedIsolation: true}"), "");
}

TEST(Compile, UnknownKeysAtAnyDepth) {
  EXPECT_THAT(Errors("foo: 1"),
              AllOf(HasSubstr("foo: unknown configuration data \"foo\""), HasSubstr("blockio, cpu")));
  EXPECT_EQ(Errors("policy: {active: none}"),
            "policy.active: unknown configuration data \"active\", did you mean Active?");
  EXPECT_THAT(Errors("policy.nosuch.x: 1"),
              HasSubstr("policy.nosuch: unknown configuration data \"nosuch\""));
  EXPECT_EQ(Errors("policy: {topology-aware: {PinCpus: true}}"),
            "policy.topology-aware.PinCpus: unknown configuration data \"PinCpus\", did you mean PinCPU?");
  EXPECT_THAT(Errors("policy.topology-aware.pincpu: true"), HasSubstr("did you mean PinCPU?"));
  EXPECT_THAT(
      Errors("policy: {balloons: {BalloonTypes: [{Name: a}, {Nam: b}]}}"),
      HasSubstr(
          "policy.balloons.BalloonTypes[1].Nam: unknown configuration data \"Nam\", did you mean Name?"));
  EXPECT_THAT(Errors("rdt: {partitions: {p: {classes: {c: {l3Alocation: 5}}}}}"),
              HasSubstr("rdt.partitions.p.classes.c.l3Alocation: unknown"));
  EXPECT_THAT(Errors("rdt: {partitions: {p: {l3Allocation: {all: {unify: 50%}}}}}"), HasSubstr("\"unify\""));
  EXPECT_THAT(Errors("resource-manager: {Active: none}"), HasSubstr("resource-manager.Active: unknown"));
  EXPECT_THAT(Errors("policy.Active.x: none"), HasSubstr("policy.Active.x: unknown"));
  EXPECT_THAT(Errors("control: {}"), HasSubstr("control: unknown"));
  EXPECT_THAT(Errors("\"a\\nb\": 1"), HasSubstr("\"a\\nb\": unknown configuration data"));
}

TEST(Compile, NamesOfUsersMayHoldDots) {
  EXPECT_EQ(Errors("cpu: {classes: {a.b: {minFreq: 1}}}"), "");
  EXPECT_EQ(Errors("cpu.classes.turbo.minFreq: 1"), Errors("cpu: {classes: {turbo.minFreq: 1}}"));
}

TEST(Compile, WrongTypesNameValueAndExpectation) {
  EXPECT_EQ(Errors("policy: {topology-aware: {PinCPU: maybe}}"),
            "policy.topology-aware.PinCPU: invalid value \"maybe\", expected true or false");
  EXPECT_THAT(Errors("policy: {topology-aware: {PinCPU: \"true\"}}"), HasSubstr("expected true or false"));
  EXPECT_THAT(Errors("policy: [a]"), HasSubstr("policy: invalid value a list, expected a mapping"));
  EXPECT_THAT(Errors("- a"), HasSubstr("invalid value a list, expected a mapping"));
  EXPECT_THAT(Errors("policy: {Active: [none]}"), HasSubstr("policy.Active: invalid value a list"));
  EXPECT_THAT(Errors("policy: {Active: true}"), HasSubstr("quote it"));
  EXPECT_THAT(Errors("resource-manager: {control: {Controllers: {rdt: sometimes}}}"),
              HasSubstr("resource-manager.control.Controllers.rdt: invalid value \"sometimes\""));
  EXPECT_EQ(Errors("resource-manager: {control: {Controllers: {rdt: Mandatory}}}"), "");
  EXPECT_THAT(Errors("instrumentation: {HTTPEndpoint: \"8891\"}"), HasSubstr("host:port"));
  EXPECT_THAT(Errors("instrumentation: {HTTPEndpoint: \":88910\"}"), HasSubstr("host:port"));
  EXPECT_EQ(Errors("instrumentation: {HTTPEndpoint: \"[::1]:80\"}"), "");
  EXPECT_EQ(Errors("instrumentation: {ReportPeriod: 15s, Sampling: Testing}"), "");
  EXPECT_THAT(Errors("instrumentation: {ReportPeriod: 15 parsecs}"), HasSubstr("duration"));
  EXPECT_THAT(Errors("instrumentation: {Sampling: 1.5}"), HasSubstr("a number from 0 to 1"));
  EXPECT_THAT(Errors("logger: {Klog: {v: -1}}"), HasSubstr("logger.Klog.v"));
  EXPECT_THAT(Errors("dump: {Config: \"loud:.*\"}"), HasSubstr("invalid dump level \"loud\""));
  EXPECT_THAT(Errors("cpu: {classes: {turbo: {minFreq: 2GHz}}}"), HasSubstr("cpu.classes.turbo.minFreq"));
  EXPECT_THAT(Errors("cpu: {classes: {turbo: {minFreq: 010}}}"), HasSubstr("expected an integer"));
}

TEST(Compile, ReportsEveryErrorUpToABound) {
  const std::string errors = Errors("foo: 1\npolicy: {topology-aware: {PinCPU: 3, x: 1}}");
  EXPECT_THAT(errors, AllOf(HasSubstr("foo:"), HasSubstr("PinCPU:"), HasSubstr("topology-aware.x:")));
  std::string many;
  for (int key = 0; key < 1000; ++key) many += "key" + std::to_string(key) + ": 1\n";
  EXPECT_THAT(Errors(many), HasSubstr("950 more findings are not shown"));
}

TEST(Compile, KnownKeysWithoutEffectWarn) {
  EXPECT_EQ(Warnings("rdt: {options: {mode: Full}, partitions: {}}"),
            "warning: rdt: not supported yet by this version: has no effect\n");
  EXPECT_EQ(Warnings("instrumentation: {Sampling: production, PrometheusExport: true}"),
            "warning: instrumentation.Sampling: not supported yet by this version: has no effect\n");
  EXPECT_EQ(Warnings("policy: {balloons: {PinCPU: false}}"),
            "warning: policy.balloons: not supported yet by this version: has no effect\n");
  EXPECT_EQ(Warnings("policy: {Active: none, topology-aware: {PinCPU: false}}"),
            "warning: policy.topology-aware: has no effect while policy.Active is \"none\"\n");
  EXPECT_THAT(Warnings("policy: {Active: none, ReservedResources: {cpu: 1}}"),
              HasSubstr("policy.ReservedResources"));
  EXPECT_EQ(Warnings("policy: {Active: topology-aware, ReservedResources: {cpu: 1}}"), "");
}

TEST(Compile, ActivePolicy) {
  EXPECT_EQ(Accepted("policy: {Active: none}").policy, "none");
  EXPECT_EQ(Errors("policy: {Active: nosuch}"),
            "policy.Active: unknown policy \"nosuch\", expected one of balloons, dynamic-pools, memtier, "
            "none, podpools, "
            "static, static-plus, static-pools, topology-aware");
  EXPECT_EQ(
      Errors("policy: {Active: balloons}"),
      "policy.Active: policy \"balloons\" is not supported by this version, expected one of memtier, none, "
      "topology-aware");
  EXPECT_THAT(Errors("policy: {Active: \"\"}"), HasSubstr("unknown policy \"\""));
  EXPECT_THAT(Errors("policy: {Active: Topology-Aware}"), HasSubstr("unknown policy"));
}

TEST(Compile, AliasMemtierReadsItsOwnSection) {
  const Plan plan = Accepted(
      "policy: {Active: memtier, ReservedResources: {cpu: 1}, memtier: {PinMemory: false}, "
      "topology-aware: {PinCPU: false}}");
  EXPECT_EQ(plan.policy, "topology-aware");
  EXPECT_FALSE(plan.topology_aware.pin_memory);
  EXPECT_TRUE(plan.topology_aware.pin_cpu);
}

TEST(Compile, ReservedPoolNamespaces) {
  const auto namespaces = [](const std::string& list) {
    return Accepted("policy: {topology-aware: {ReservedPoolNamespaces: " + list + "}}")
        .topology_aware.reserved_pool_namespaces;
  };
  EXPECT_THAT(namespaces("null"), ElementsAre("kube-system"));
  EXPECT_THAT(namespaces("[monitoring, \"infra-*\"]"), ElementsAre("monitoring", "infra-*", "kube-system"));
  EXPECT_THAT(namespaces("[kube-system, a]"), ElementsAre("kube-system", "a"));
  EXPECT_THAT(Errors("policy: {topology-aware: {ReservedPoolNamespaces: [\"team-[a\"]}}"),
              HasSubstr("invalid pattern \"team-[a\""));
  EXPECT_THAT(Errors("policy: {topology-aware: {ReservedPoolNamespaces: monitoring}}"),
              HasSubstr("expected a list"));
  EXPECT_THAT(Errors("policy: {topology-aware: {ReservedPoolNamespaces: [[a]]}}"),
              HasSubstr("item of the list"));
}

TEST(Compile, DebugSources) {
  EXPECT_EQ(Accepted("logger: {Debug: \"cache,policy\"}").logger.debug, "cache,policy");
  EXPECT_EQ(Accepted("logger: {Debug: \"off:cache,policy,on:rdt\"}").logger.debug, "rdt");
  EXPECT_EQ(Accepted("logger: {Debug: \" on : all , off:cache\"}").logger.debug, "*");
  EXPECT_THAT(Accepted("logger: {Debug: \"on:all,off:cache\"}").logger.debug_rules,
              ElementsAre("on:*", "off:cache"));
  EXPECT_EQ(Warnings("logger: {Debug: \"on:all,off:cache\"}"), "");
  EXPECT_EQ(Accepted("logger: {Debug: \"instrospect\"}").logger.debug, "introspect");
  EXPECT_THAT(Errors("logger: {Debug: \"a:b:c\"}"), HasSubstr("logger.Debug: invalid"));
  EXPECT_THAT(Errors("logger: {Debug: \"maybe:x\"}"), HasSubstr("invalid state \"maybe\""));
}

TEST(CompileConfigMap, EachKeyIsADocument) {
  const Compiled compiled =
      CompileConfigMap({{"policy", "Active: topology-aware\nReservedResources: {CPU: 750m}\n"},
                        {"policy.topology-aware", "PinCPU: false\n"},
                        {"logger", ""}});
  ASSERT_TRUE(compiled.ok()) << Message(compiled.status());
  EXPECT_EQ(compiled.plan.policy, "topology-aware");
  EXPECT_FALSE(compiled.plan.topology_aware.pin_cpu);
  EXPECT_EQ(std::get<CpuQuantity>(compiled.plan.reserved).milli, 750);
}

TEST(CompileConfigMap, NamesTheKeyOfBrokenText) {
  const Compiled compiled =
      CompileConfigMap({{"policy", "Active: [none\n"}, {"Error", "yaml: broken"}, {"", "1"}});
  EXPECT_THAT(Message(compiled.status()),
              AllOf(HasSubstr("policy: invalid YAML: "), HasSubstr("Error: unknown"),
                    HasSubstr("\"\": unknown configuration data")));
  const Compiled conflict = CompileConfigMap({{"policy", "Active: none"}, {"policy.Active", "none"}});
  EXPECT_THAT(Message(conflict.status()), HasSubstr("conflicts with nested key"));
}

TEST(CompileConfigMap, BoundsTheWhole) {
  std::map<std::string, std::string> data;
  for (int key = 0; key < 3; ++key) data["k" + std::to_string(key)] = "# " + std::string(400'000, 'x');
  EXPECT_THAT(Message(CompileConfigMap(data).status()), HasSubstr("more than 1048576 bytes"));
}

TEST(CompileText, BrokenTextSaysWhere) {
  EXPECT_THAT(Errors("policy:\n  Active: [none\n"), HasSubstr("invalid YAML: "));
  EXPECT_THAT(Errors("policy: {}\npolicy: {}\n"),
              HasSubstr("invalid YAML: 2:1: key \"policy\" is given twice"));
  EXPECT_THAT(CompileText("a: [").plan.policy, "none");
}

}  // namespace
}  // namespace crm::config
