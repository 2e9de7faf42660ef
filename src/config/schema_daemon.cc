// Logging, message dump and instrumentation: spec 10 sections 10 to 12.
#include <limits>

#include "config/schema.h"

namespace crm::config {
namespace {

constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

// What of these sections this version acts upon.
constexpr bool kDump = false;
constexpr bool kTracing = false;

using Apply = std::function<void(Draft&, const Names&, const Value&)>;

template <typename Section, typename T>
Apply Into(Section Plan::*section, T Section::*member) {
  return [section, member](Draft& draft, const Names&, const Value& value) {
    draft.plan.*section.*member = std::get<T>(value);
  };
}

// As it would stand on the command line.
std::string CommandLineText(const Value& value) {
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean ? "true" : "false";
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  return std::get<std::string>(value);
}

void AddKlog(std::vector<SchemaRow>& rows) {
  const auto key = [&](const std::string& name, ValueType type, const std::string& text,
                       bool honoured = true) {
    rows.push_back({"logger.Klog." + name, std::move(type), text, "option of the same name of klog",
                    [name](Draft& draft, const Names&, const Value& value) {
                      draft.plan.logger.klog[name] = CommandLineText(value);
                    },
                    honoured});
  };
  key("add_dir_header", Bool(), "false");
  key("alsologtostderr", Bool(), "false");
  key("log_backtrace_at", Text(), "\"\"", false);
  key("log_dir", Text(), "\"\"");
  key("log_file", Text(), "\"\"");
  key("log_file_max_size", Integer(0, kHighest), "1800");
  key("logtostderr", Bool(), "true");
  key("one_output", Bool(), "false", false);  // there is one file for all severities
  key("skip_headers", Bool(), "false");
  key("skip_log_headers", Bool(), "false");
  key("stderrthreshold", OneOf("INFO|WARNING|ERROR|FATAL|0|1|2|3", true), "ERROR");
  key("v", Integer(0, kHighest), "0", false);  // libraries log by the rules of Debug
  key("vmodule", Text(), "\"\"", false);
}

}  // namespace

void AddDaemonRows(std::vector<SchemaRow>& rows) {
  const auto key = [&](const std::string& path, ValueType type, const std::string& text,
                       const std::string& help, Apply apply, bool honoured = true) {
    rows.push_back({path, std::move(type), text, help, std::move(apply), honoured});
  };
  key("logger.Debug", DebugSources(), "\"\"", "log sources whose debug messages are shown",
      [](Draft& draft, const Names&, const Value& value) {
        const auto& given = std::get<std::vector<std::string>>(value);
        std::vector<std::string>& rules = draft.plan.logger.debug_rules;
        rules.insert(rules.end(), given.begin(), given.end());
      });
  key("logger.LogSource", Bool(), "false", "put the source before each message",
      Into(&Plan::logger, &LoggerOptions::log_source));
  AddKlog(rows);

  key("dump.Config", DumpRuleList(),
      "\"off:.*,short:((Create)|(Start)|(Run)|(Update)|(Stop)|(Remove)).*,off:.*Image.*\"",
      "which CRI methods are dumped, and how", Into(&Plan::dump, &DumpOptions::rules), kDump);
  key("dump.File", Text(), "\"\"", "file to which messages are written, too",
      Into(&Plan::dump, &DumpOptions::file), kDump);
  key("dump.Debug", Bool(), "false", "dump as debug messages", Into(&Plan::dump, &DumpOptions::debug), kDump);
  key("dump.Disabled", Bool(), "false", "dump nothing", Into(&Plan::dump, &DumpOptions::disabled), kDump);

  key("instrumentation.HTTPEndpoint", Endpoint(), "\"\"", "where HTTP is served, off when empty",
      Into(&Plan::instrumentation, &InstrumentationOptions::http_endpoint));
  key("instrumentation.PrometheusExport", Bool(), "false", "serve metrics",
      Into(&Plan::instrumentation, &InstrumentationOptions::prometheus_export));
  key("instrumentation.ReportPeriod", Period(), "15s", "how often traces and metrics are reported",
      Into(&Plan::instrumentation, &InstrumentationOptions::report_period_ns), kTracing);
  key("instrumentation.Sampling", Sampling(), "disabled", "share of requests that are traced",
      Into(&Plan::instrumentation, &InstrumentationOptions::sampling), kTracing);
  key("instrumentation.JaegerCollector", Text(), "\"\"", "URL of a trace collector",
      Into(&Plan::instrumentation, &InstrumentationOptions::jaeger_collector), kTracing);
  key("instrumentation.JaegerAgent", Text(), "\"\"", "address of a trace agent",
      Into(&Plan::instrumentation, &InstrumentationOptions::jaeger_agent), kTracing);
}

}  // namespace crm::config
