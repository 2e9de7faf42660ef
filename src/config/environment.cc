#include "config/environment.h"

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "base/status.h"
#include "config/schema.h"

namespace crm::config {
namespace {

struct Variable {
  const char* name;
  std::string_view path;
};
constexpr Variable kVariables[] = {
    {"HTTP_ENDPOINT", "instrumentation.HTTPEndpoint"},
    {"PROMETHEUS_EXPORT", "instrumentation.PrometheusExport"},
    {"REPORT_PERIOD", "instrumentation.ReportPeriod"},
    {"SAMPLING_FREQUENCY", "instrumentation.Sampling"},
    {"JAEGER_COLLECTOR", "instrumentation.JaegerCollector"},
    {"JAEGER_AGENT", "instrumentation.JaegerAgent"},
    {"LOGGER_DEBUG", "logger.Debug"},
};

// The words that variables take for true and false: those of debug states.
std::optional<bool> StateWord(const std::string& text) {
  const std::string word = absl::AsciiStrToLower(text);
  for (const std::string_view yes : {"true", "on", "enable", "enabled", "1"}) {
    if (word == yes) return true;
  }
  for (const std::string_view no : {"false", "off", "disable", "disabled", "0"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

const SchemaRow* RowOf(std::string_view path) {
  for (const SchemaRow& row : SchemaRows()) {
    if (row.path == path) return &row;
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> ProcessVariable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return value;
}

EnvironmentDefaults ReadEnvironment(const GetVariable& variable) {
  EnvironmentDefaults defaults;
  Draft draft;
  for (const Variable& known : kVariables) {
    const std::optional<std::string> text = variable(known.name);
    if (!text || text->empty()) continue;
    const SchemaRow* row = RowOf(known.path);
    Node node;
    node.kind = Node::Kind::kScalar;
    node.text = *text;
    node.quoted = true;
    if (row->type.name == "bool") {
      const std::optional<bool> state = StateWord(*text);
      node.quoted = false;
      if (state) node.text = *state ? "true" : "false";
    }
    absl::StatusOr<Value> value = row->type.read(node);
    if (!value.ok()) {
      defaults.errors.push_back(
          fmt::format("environment variable {}: {}; it is ignored", known.name, Message(value.status())));
      continue;
    }
    row->apply(draft, {}, *value);
    std::string yaml = EmitYaml(node);
    while (!yaml.empty() && yaml.back() == '\n') yaml.pop_back();
    defaults.texts.emplace(known.path, std::move(yaml));
  }
  defaults.plan = std::move(draft.plan);
  return defaults;
}

}  // namespace crm::config
