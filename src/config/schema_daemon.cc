#include <limits>

#include "config/schema.h"

namespace crm::config {
namespace {

constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

}  // namespace

// Resource controllers: spec 40 sections 1.2, 4.1, 5.1, 6.1, 8.
void AddControlRows(std::vector<SchemaRow>& rows) {
  const auto key = [&](const std::string& path, ValueType type, const std::string& text,
                       const std::string& help) {
    rows.push_back({path, std::move(type), text, help, nullptr});
  };
  key("resource-manager.control.Controllers.*",
      OneOf("disabled|disable|required|mandatory|optional|relaxed", true), "relaxed",
      "how strictly a controller is needed");
  const std::string migration = "resource-manager.control.page-migration.";
  key(migration + "PageScanInterval", Duration(), "0s", "how often idle pages are looked for, 0 for never");
  key(migration + "PageMoveInterval", Duration(), "0s", "how often found pages are moved, 0 for never");
  key(migration + "MaxPageMoveCount", Integer(0, kHighest), "0", "most pages that are moved at once");

  for (const std::string name : {"minFreq", "maxFreq", "uncoreMinFreq", "uncoreMaxFreq"}) {
    key("cpu.classes.*." + name, Integer(0, kHighest), "0", "frequency in kHz");
  }
  key("cpu.classes.*.energyPerformancePreference", Integer(0, kHighest), "0",
      "energy performance preference");

  const std::string io = "blockio.Classes.*[].";
  key(io + "Devices", TextList(), "[]", "block devices, as paths with wildcards");
  key(io + "Weight", AnyQuantity(), "100",
      "I/O weight, of the class without Devices and of each device with them");
  key(io + "ThrottleReadBps", AnyQuantity(), "0", "most bytes read a second");
  key(io + "ThrottleWriteBps", AnyQuantity(), "0", "most bytes written a second");
  key(io + "ThrottleReadIOPS", AnyQuantity(), "0", "most reads a second");
  key(io + "ThrottleWriteIOPS", AnyQuantity(), "0", "most writes a second");

  key("rdt.options.mode", OneOf("Full|Discovery|Disabled"), "Full",
      "whether groups are configured, found or not used");
  key("rdt.options.monitoringDisabled", Bool(), "false", "make no monitoring groups");
  for (const std::string resource : {"l2", "l3", "mb"}) {
    key("rdt.options." + resource + ".optional", Bool(), "false",
        "run without " + resource + " control, too");
  }
  for (const std::string& level :
       {std::string("rdt.partitions.*."), std::string("rdt.partitions.*.classes.*.")}) {
    key(level + "l2Allocation", CacheAllocation(), "{}", "share of the level 2 caches");
    key(level + "l3Allocation", CacheAllocation(), "{}", "share of the level 3 caches");
    key(level + "mbAllocation", BandwidthAllocation(), "{}", "share of the memory bandwidth");
  }
  const std::string kubernetes = "rdt.partitions.*.classes.*.kubernetes.";
  key(kubernetes + "denyPodAnnotation", Bool(), "false", "the class cannot be chosen by a pod's annotation");
  key(kubernetes + "denyContainerAnnotation", Bool(), "false",
      "the class cannot be chosen for a single container");
}

// Logging, message dump and instrumentation: spec 10 sections 10 to 12.
void AddDaemonRows(std::vector<SchemaRow>& rows) {
  const auto key = [&](const std::string& path, ValueType type, const std::string& text,
                       const std::string& help, std::function<void(Draft&, const Value&)> apply = nullptr) {
    rows.push_back({path, std::move(type), text, help, std::move(apply)});
  };
  key("logger.Debug", DebugSources(), "\"\"", "log sources whose debug messages are shown",
      [](Draft& draft, const Value& value) {
        draft.plan.logger.debug_rules = std::get<std::vector<std::string>>(value);
      });
  key("logger.LogSource", Bool(), "false", "put the source before each message; this version always does");
  for (const std::string name : {"add_dir_header", "alsologtostderr", "logtostderr", "one_output",
                                 "skip_headers", "skip_log_headers"}) {
    key("logger.Klog." + name, Bool(), name == "logtostderr" ? "true" : "false",
        "option of the same name of klog");
  }
  for (const std::string name : {"log_backtrace_at", "log_dir", "log_file", "vmodule"}) {
    key("logger.Klog." + name, Text(), "\"\"", "option of the same name of klog");
  }
  key("logger.Klog.log_file_max_size", Integer(0, kHighest), "1800", "option of the same name of klog");
  key("logger.Klog.stderrthreshold", OneOf("INFO|WARNING|ERROR|FATAL|0|1|2|3", true), "ERROR",
      "option of the same name of klog");
  key("logger.Klog.v", Integer(0, kHighest), "0", "option of the same name of klog");

  key("dump.Config", DumpRules(),
      "\"off:.*,short:((Create)|(Start)|(Run)|(Update)|(Stop)|(Remove)).*,off:.*Image.*\"",
      "which CRI methods are dumped, and how");
  key("dump.File", Text(), "\"\"", "file to which messages are written, too");
  key("dump.Debug", Bool(), "false", "dump as debug messages");
  key("dump.Disabled", Bool(), "false", "dump nothing");

  key("instrumentation.HTTPEndpoint", Endpoint(), "\"\"", "where HTTP is served, off when empty",
      [](Draft& draft, const Value& value) {
        draft.plan.instrumentation.http_endpoint = std::get<std::string>(value);
      });
  key("instrumentation.PrometheusExport", Bool(), "false", "serve metrics",
      [](Draft& draft, const Value& value) {
        draft.plan.instrumentation.prometheus_export = std::get<bool>(value);
      });
  key("instrumentation.ReportPeriod", Period(), "15s", "how often traces and metrics are reported");
  key("instrumentation.Sampling", Sampling(), "disabled", "share of requests that are traced");
  key("instrumentation.JaegerCollector", Text(), "\"\"", "URL of a trace collector");
  key("instrumentation.JaegerAgent", Text(), "\"\"", "address of a trace agent");
}

}  // namespace crm::config
