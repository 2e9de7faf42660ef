#include "daemon/log_options.h"

#include <charconv>

#include "absl/strings/ascii.h"
#include "base/log.h"
#include "base/status.h"
#include "config/schema.h"

namespace crm::daemon {
namespace {

constexpr std::string_view kSection = "logger.Klog.";
constexpr uint64_t kMegabyte = uint64_t{1} << 20;

const config::SchemaRow* RowOf(std::string_view name) {
  for (const config::SchemaRow& row : config::SchemaRows()) {
    if (row.path.starts_with(kSection) && row.path.substr(kSection.size()) == name) return &row;
  }
  return nullptr;
}

std::string VariableName(const std::string& option) {
  return "LOGGER_" + absl::AsciiStrToUpper(option);  // no klog option has a dash
}

// The command line's words for true and false, which are not YAML's.
std::string_view BooleanText(std::string_view text) {
  if (text == "1" || text == "t" || text == "T") return "true";
  if (text == "0" || text == "f" || text == "F") return "false";
  return text;
}

bool IsTrue(const std::string& text) { return text == "true" || text == "True" || text == "TRUE"; }

LogLevel Threshold(const std::string& text) {
  const std::string name = absl::AsciiStrToUpper(text);
  if (name == "INFO" || name == "0") return LogLevel::kInfo;
  if (name == "WARNING" || name == "1") return LogLevel::kWarning;
  return name == "FATAL" || name == "3" ? LogLevel::kFatal : LogLevel::kError;
}

}  // namespace

LogOptions::LogOptions(const config::GetVariable& variable) {
  bool headers_decided = false;
  for (const config::SchemaRow& row : config::SchemaRows()) {
    if (!row.path.starts_with(kSection)) continue;
    const std::string name = row.path.substr(kSection.size());
    values_[name] = row.default_text == "\"\"" ? "" : row.default_text;
    const std::optional<std::string> text = variable(VariableName(name).c_str());
    if (!text) continue;
    const absl::Status status = Set(name, *text);
    if (!status.ok()) {
      errors_.push_back(
          fmt::format("environment variable {}: {}; it is ignored", VariableName(name), Message(status)));
    } else if (name == "skip_headers") {
      headers_decided = true;
    }
  }
  // The journal has the time and the process already.
  const std::optional<std::string> journal = variable("JOURNAL_STREAM");
  if (!headers_decided && journal && !journal->empty()) values_["skip_headers"] = "true";
}

absl::Status LogOptions::Set(const std::string& name, std::string_view text) {
  const config::SchemaRow* row = RowOf(name);
  config::Node node;
  node.kind = config::Node::Kind::kScalar;
  node.text = row->type.name == "bool" ? BooleanText(text) : text;
  node.quoted = row->type.name == "string";
  CRM_RETURN_IF_ERROR(row->type.read(node).status());
  values_[name] = node.text;
  return absl::OkStatus();
}

void LogOptions::AddTo(FlagTable& table) {
  for (const auto& [name, initial] : values_) {
    const config::SchemaRow* row = RowOf(name);
    const std::string option = name;
    const std::string help = row->HasEffect() ? "as in klog" : "as in klog; no effect in this version";
    table.Add(name,
              FlagReader{row->type.name == "bool" ? "" : row->type.name,
                         row->type.name == "string" ? fmt::format("\"{}\"", initial) : initial,
                         [this, option](std::string_view text) { return Set(option, text); }},
              help);
  }
}

LogSettings LogOptions::Settings(const config::LoggerOptions& logger) const {
  std::map<std::string, std::string> values = values_;
  for (const auto& [name, value] : logger.klog) values[name] = value;
  LogSettings settings;
  settings.headers = !IsTrue(values["skip_headers"]);
  settings.to_stderr = IsTrue(values["logtostderr"]);
  settings.prefix = logger.log_source || (settings.to_stderr && !settings.headers);
  settings.add_dir_header = IsTrue(values["add_dir_header"]);
  settings.also_to_stderr = IsTrue(values["alsologtostderr"]);
  settings.stderr_threshold = Threshold(values["stderrthreshold"]);
  settings.file_header = !IsTrue(values["skip_log_headers"]);
  settings.file = values["log_file"];
  if (settings.file.empty() && !values["log_dir"].empty())
    settings.file = values["log_dir"] + "/cri-resmgr.log";
  const std::string& megabytes = values["log_file_max_size"];
  uint64_t number = 0;
  std::from_chars(megabytes.data(), megabytes.data() + megabytes.size(), number);
  settings.file_max_bytes = number > UINT64_MAX / kMegabyte ? 0 : number * kMegabyte;
  return settings;
}

std::vector<std::string> LogOptions::WithoutEffect() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : values_) {
    const config::SchemaRow* row = RowOf(name);
    const std::string initial = row->default_text == "\"\"" ? "" : row->default_text;
    if (!row->HasEffect() && value != initial) names.push_back("--" + name);
  }
  return names;
}

void ApplyLogging(const LogOptions& options, const config::Plan& plan) {
  if (const absl::Status status = SetLogSettings(options.Settings(plan.logger)); !status.ok()) {
    Logger("resource-manager").Error("{}; messages go where they went", Message(status));
  }
  SetDebugRules(plan.logger.debug_rules);
  // Who debugs policies wants to see what the active one says, too, unless told otherwise.
  if (Logger("policy").DebugEnabled()) {
    std::vector<std::string> rules = {"on:" + plan.policy};
    rules.insert(rules.end(), plan.logger.debug_rules.begin(), plan.logger.debug_rules.end());
    SetDebugRules(rules);
  }
}

}  // namespace crm::daemon
