// The sections of the resource controllers: spec 40 sections 1.2, 4.1, 5.1, 5.2, 6.1.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "config/compile.h"

namespace crm::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Plan Accepted(std::string_view yaml) {
  Compiled compiled = CompileText(yaml);
  EXPECT_TRUE(compiled.ok()) << yaml << "\n" << Message(compiled.status());
  return compiled.plan;
}

std::string Errors(std::string_view yaml) { return std::string(Message(CompileText(yaml).status())); }

std::string Warnings(std::string_view yaml) {
  std::string warnings;
  for (const Finding& finding : CompileText(yaml).findings) {
    if (finding.severity == Severity::kWarning) warnings += finding.ToString() + "\n";
  }
  return warnings;
}

// Spec 10 vectors 16.5: modes of controllers.
TEST(ControlConfig, Modes) {
  const Plan plan = Accepted(
      "resource-manager: {control: {Controllers: {rdt: Mandatory, cpu: disable, blockio: OPTIONAL}}}");
  EXPECT_EQ(plan.control.ModeOf("rdt"), ControllerMode::kRequired);
  EXPECT_EQ(plan.control.ModeOf("cpu"), ControllerMode::kDisabled);
  EXPECT_EQ(plan.control.ModeOf("blockio"), ControllerMode::kOptional);
  EXPECT_EQ(plan.control.ModeOf("memory"), ControllerMode::kRelaxed);
  EXPECT_THAT(Errors("resource-manager.control.Controllers.rdt: sometimes"),
              HasSubstr("resource-manager.control.Controllers.rdt: invalid value \"sometimes\""));
  EXPECT_THAT(Warnings("resource-manager.control.Controllers.rtd: required"),
              HasSubstr("Controllers.rtd: unknown controller \"rtd\", expected one of blockio, cpu"));
}

TEST(ControlConfig, PageMigration) {
  const Plan plan = Accepted(
      "resource-manager.control.page-migration: {PageScanInterval: 30s, PageMoveInterval: 1.5s, "
      "MaxPageMoveCount: 7}");
  EXPECT_EQ(plan.control.page_migration.scan_interval_ns, 30'000'000'000);
  EXPECT_EQ(plan.control.page_migration.move_interval_ns, 1'500'000'000);
  EXPECT_EQ(plan.control.page_migration.max_page_move_count, 7);
}

TEST(ControlConfig, CpuClasses) {
  const Plan plan = Accepted(
      "cpu: {classes: {turbo: {minFreq: 2600000, maxFreq: 3800000, uncoreMinFreq: 1, uncoreMaxFreq: 2}, "
      "idle: {energyPerformancePreference: 200}, plain: , empty: {}}}");
  ASSERT_EQ(plan.cpu_classes.size(), 4U);
  EXPECT_EQ(plan.cpu_classes.at("turbo").min_freq_khz, 2'600'000);
  EXPECT_EQ(plan.cpu_classes.at("turbo").max_freq_khz, 3'800'000);
  EXPECT_EQ(plan.cpu_classes.at("turbo").uncore_min_freq_khz, 1);
  EXPECT_EQ(plan.cpu_classes.at("turbo").uncore_max_freq_khz, 2);
  EXPECT_EQ(plan.cpu_classes.at("turbo").energy_performance_preference, std::nullopt);
  EXPECT_EQ(plan.cpu_classes.at("idle").energy_performance_preference, 200);
}

TEST(ControlConfig, BlockIoClasses) {
  const Plan plan = Accepted(
      "blockio:\n  Classes:\n    slow:\n    - Weight: 60\n"
      "    - Devices: [\"/dev/sd*\"]\n      ThrottleReadBps: 40M\n      ThrottleWriteBps: 8Mi\n"
      "      ThrottleReadIOPS: 2k\n      throttlewriteiops: \"500\"\n      Weight: \"\"\n    none: []\n");
  const std::vector<BlockIoParameters>& slow = plan.blockio_classes.at("slow");
  ASSERT_EQ(slow.size(), 2U);
  EXPECT_EQ(slow[0].weight, 60);
  EXPECT_EQ(slow[0].devices, std::nullopt);
  EXPECT_THAT(*slow[1].devices, ElementsAre("/dev/sd*"));
  EXPECT_EQ(slow[1].throttle_read_bps, 40'000'000);
  EXPECT_EQ(slow[1].throttle_write_bps, 8 << 20);
  EXPECT_EQ(slow[1].throttle_read_iops, 2000);
  EXPECT_EQ(slow[1].throttle_write_iops, 500);
  EXPECT_EQ(slow[1].weight, std::nullopt);
  EXPECT_TRUE(plan.blockio_classes.at("none").empty());

  EXPECT_THAT(
      Errors("blockio: {Classes: {a: [{Weight: 9}]}}"),
      HasSubstr("blockio.Classes.a[0].Weight: invalid value \"9\", expected a quantity of at least 10"));
  EXPECT_THAT(Errors("blockio: {Classes: {a: [{Weight: 1001}]}}"), HasSubstr("at most 1000"));
  EXPECT_THAT(Errors("blockio: {Classes: {a: [{ThrottleReadBps: -1}]}}"), HasSubstr("at least 0"));
  EXPECT_THAT(Errors("blockio: {Classes: {a: [{}, {ThrottleReadBps: 40Q}]}}"),
              HasSubstr("blockio.Classes.a[1].ThrottleReadBps: invalid value \"40Q\""));
  EXPECT_EQ(Errors("blockio: {Classes: {a: [{Weight: 60}, {ThrottleReadBps: 1}]}}"),
            "blockio.Classes.a[1]: Devices not listed, expected the devices that are throttled");
  EXPECT_EQ(Errors("blockio: {Classes: {a: [{Devices: [], ThrottleReadBps: 1}]}}"), "");
}

constexpr char kRdt[] = R"(
rdt:
  options: {mode: Discovery, monitoringDisabled: true, l2: {optional: true}}
  partitions:
    latency:
      l3Allocation: "70%"
      mbAllocation: ["100%", "20000MBps"]
      classes:
        Guaranteed:
        web:
          l3Allocation: {all: "50%", "1": {unified: 20-60%, code: "0xf0", data: "0-3"}}
          MBAllocation: {all: ["80%"], "0,2-3": ["60%"]}
          kubernetes: {denyPodAnnotation: true}
        "": {}
)";

TEST(ControlConfig, RdtPartitions) {
  const RdtOptions rdt = Accepted(kRdt).rdt;
  EXPECT_EQ(rdt.mode, RdtMode::kDiscovery);
  EXPECT_TRUE(rdt.monitoring_disabled);
  EXPECT_TRUE(rdt.l2_optional);
  EXPECT_FALSE(rdt.l3_optional);
  const RdtPartition& latency = rdt.partitions.at("latency");
  EXPECT_EQ(latency.allocations.l3->all->unified.high_percent, 70);
  EXPECT_FALSE(latency.allocations.l2);
  EXPECT_EQ(latency.allocations.mb->all->percent, 100);
  EXPECT_EQ(latency.allocations.mb->all->mbps, 20000U);
  EXPECT_TRUE(latency.classes.contains("Guaranteed"));
  EXPECT_TRUE(latency.classes.contains("system/default"));
  const RdtClass& web = latency.classes.at("web");
  EXPECT_TRUE(web.deny_pod_annotation);
  const RdtCache& one = web.allocations.l3->by_id.at(1);
  EXPECT_EQ(one.unified.low_percent, 20);
  EXPECT_EQ(one.unified.high_percent, 60);
  EXPECT_EQ(one.code->mask, 0xf0U);
  EXPECT_EQ(one.data->mask, 0xfU);
  EXPECT_EQ(web.allocations.mb->by_id.size(), 3U);
  EXPECT_EQ(web.allocations.mb->by_id.at(3).percent, 60);
}

std::string CacheError(const std::string& value) {
  return Errors("rdt: {partitions: {p: {l3Allocation: " + value + "}}}");
}

TEST(ControlConfig, RdtCacheShares) {
  for (const char* good : {"\"0%\"", "\"100%\"", "10-20%", "\"0x1\"", "\"3\"", "\"1,2-4\"", "{}",
                           "{all: 1%, \"127\": 2%}", "{all: {unified: 5%}}"}) {
    EXPECT_EQ(CacheError(good), "") << good;
  }
  for (const char* bad : {"\"101%\"",
                          "\"-1%\"",
                          "20-10%",
                          "\"%\"",
                          "\"0x\"",
                          "\"0x0\"",
                          "\"0x5\"",
                          "\"0,2\"",
                          "\"64\"",
                          "\"4-4\"",
                          "half",
                          "\"\"",
                          "[1]",
                          "{all: {}}",
                          "{all: {unified: 1%, code: 1%}}",
                          "{all: {unify: 1%}}",
                          "{\"128\": 1%}",
                          "{\"3-1\": 1%}",
                          "{\"0-2\": 1%, \"2\": 1%}",
                          "{\"\": 1%}",
                          "{x: 1%}"}) {
    EXPECT_THAT(CacheError(bad), HasSubstr("rdt.partitions.p.l3Allocation: ")) << bad;
    EXPECT_THAT(CacheError(bad), HasSubstr("expected")) << bad;
  }
}

TEST(ControlConfig, RdtBandwidths) {
  const auto error = [](const std::string& value) {
    return Errors("rdt: {partitions: {p: {mbAllocation: " + value + "}}}");
  };
  for (const char* bad : {"50%", "[\"101%\"]", "[50]", "[]", "[\"5 %\"]", "[\"5GBps\"]",
                          "[\"4294967296MBps\"]", "{all: 5%}", "{\"1\": []}"}) {
    EXPECT_THAT(error(bad), HasSubstr("rdt.partitions.p.mbAllocation: ")) << bad;
  }
  EXPECT_EQ(error("[\"5GBps\", \"4294967295MBps\"]"), "");
  EXPECT_THAT(Warnings("rdt: {partitions: {p: {mbAllocation: [\"5GBps\", \"5%\"]}}}"),
              HasSubstr("rdt.partitions.p.mbAllocation: \"5GBps\" has no effect"));
}

TEST(ControlConfig, RdtClasses) {
  EXPECT_EQ(Errors("rdt: {partitions: {a: {classes: {x: }}, b: {classes: {x: }}}}"),
            "rdt.partitions.b.classes.x: class is in partition \"a\", too, expected it in one partition");
  EXPECT_THAT(Errors("rdt: {partitions: {a: {classes: {x/y: }}}}"), HasSubstr("expected one that can name"));
  EXPECT_THAT(Errors("rdt: {partitions: {a: {classes: {\"..\": }}}}"),
              HasSubstr("expected one that can name"));
  EXPECT_EQ(
      Errors("rdt: {partitions: {a: {l2Allocation: 5%, classes: {x: {l3Allocation: 5%}}}}}"),
      "rdt.partitions.a.classes.x.l3Allocation: L3 allocation missing from partition \"a\", expected one "
      "there, too");
  EXPECT_EQ(Errors("rdt: {partitions: {a: {l3Allocation: 5%, classes: {x: {l3Allocation: 0%}}}}}"),
            "rdt.partitions.a.classes.x.l3Allocation: 0% of a cache, expected at least 1%");
}

TEST(ControlConfig, DumpAndInstrumentation) {
  const Plan plan = Accepted(
      "dump: {Config: \"full:.*\", File: /tmp/dump, Debug: true, Disabled: true}\n"
      "instrumentation: {ReportPeriod: 1m, Sampling: Production, JaegerAgent: \"a:1\", JaegerCollector: u}");
  EXPECT_EQ(plan.dump.rules, "full:.*");
  EXPECT_EQ(plan.dump.file, "/tmp/dump");
  EXPECT_TRUE(plan.dump.debug && plan.dump.disabled);
  EXPECT_EQ(plan.instrumentation.report_period_ns, 60'000'000'000);
  EXPECT_EQ(plan.instrumentation.sampling, 0.1);
  EXPECT_EQ(plan.instrumentation.jaeger_agent, "a:1");
  EXPECT_EQ(plan.instrumentation.jaeger_collector, "u");
  EXPECT_EQ(Accepted("instrumentation: {Sampling: testing}").instrumentation.sampling, 1);
  EXPECT_EQ(Accepted("instrumentation: {Sampling: 0.25}").instrumentation.sampling, 0.25);
  EXPECT_THAT(Errors("instrumentation: {Sampling: x}"), HasSubstr("instrumentation.Sampling: invalid value"));
  // Spec 10 vectors 16.7: what is not named keeps its default.
  EXPECT_EQ(Accepted("instrumentation: {HTTPEndpoint: \":1\"}").instrumentation.report_period_ns,
            15'000'000'000);
}

TEST(ControlConfig, KlogOptions) {
  const Plan plan = Accepted("logger: {LogSource: true, Klog: {skip_headers: true, v: 3, vmodule: a=2}}");
  EXPECT_TRUE(plan.logger.log_source);
  EXPECT_THAT(plan.logger.klog, ElementsAre(std::pair("skip_headers", "true"), std::pair("v", "3"),
                                            std::pair("vmodule", "a=2")));
  // D-51: no other option can be set this way.
  EXPECT_THAT(Errors("logger: {Klog: {force-config: x}}"), HasSubstr("logger.Klog.force-config: unknown"));
}

TEST(ControlConfig, DefaultsAreBeneath) {
  Plan defaults;
  defaults.instrumentation.http_endpoint = ":9";
  defaults.logger.debug_rules = {"on:cache", "on:rdt"};
  const Plan plan = CompileText("logger: {Debug: \"off:rdt\"}", defaults).plan;
  EXPECT_EQ(plan.instrumentation.http_endpoint, ":9");
  EXPECT_EQ(plan.logger.debug, "cache");
  EXPECT_EQ(CompileText("instrumentation: {HTTPEndpoint: \"\"}", defaults).plan.instrumentation.http_endpoint,
            "");
}

}  // namespace
}  // namespace crm::config
