#include "agent/logging_flags.h"

#include <charconv>
#include <cstdlib>

#include "base/log.h"
#include "base/status.h"
#include "config/compile.h"
#include "config/yaml.h"

namespace crm::agent {
namespace {

constexpr std::string_view kHelp = "accepted for compatibility, without effect: messages go to stderr";

}  // namespace

LoggingFlags::LoggingFlags() {
  options_ = {{"log_backtrace_at", "", ""}, {"log_dir", "", ""},
              {"log_file", "", ""},         {"log_file_max_size", "1800", "1800"},
              {"vmodule", "", ""},          {"stderrthreshold", "ERROR", "ERROR"}};
  switches_ = {{"add_dir_header"}, {"alsologtostderr"}, {"logtostderr", true, true},
               {"one_output"},     {"skip_headers"},    {"skip_log_headers"}};
  const char* text = std::getenv("LOGGER_V");
  if (text == nullptr) return;
  const std::string_view value = text;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), verbosity_);
  if (error != std::errc() || end != value.data() + value.size()) {
    environment_error_ =
        fmt::format("environment variable LOGGER_V: invalid value \"{}\", expected an integer", value);
    verbosity_ = 0;
  }
}

void LoggingFlags::AddTo(FlagTable& flags) {
  flags.Add("v", &verbosity_, "above 0: show debug messages of every source");
  for (Option& option : options_) flags.Add(option.name, &option.value, std::string(kHelp));
  for (Switch& option : switches_) flags.Add(option.name, &option.value, std::string(kHelp));
}

void LoggingFlags::Apply() const {
  const Logger log("resource-manager-agent");
  if (!environment_error_.empty()) log.Warning("{}", environment_error_);
  std::string unused;
  const auto note = [&](const std::string& name, bool changed) {
    if (changed) unused += fmt::format("{}-{}", unused.empty() ? "" : ", ", name);
  };
  for (const Option& option : options_) note(option.name, option.value != option.initial);
  for (const Switch& option : switches_) note(option.name, option.value != option.initial);
  if (!unused.empty()) log.Info("logging options without effect (messages go to stderr): {}", unused);

  if (verbosity_ > 0) {
    SetDebugSources("*");
  } else if (const char* sources = std::getenv("LOGGER_DEBUG"); sources != nullptr) {
    config::Node text;
    text.kind = config::Node::Kind::kScalar;
    text.text = sources;
    text.quoted = true;
    const config::Compiled compiled = config::CompileConfigMap({{"logger.Debug", config::EmitYaml(text)}});
    if (compiled.ok()) {
      SetDebugSources(compiled.plan.logger.debug);
    } else {
      log.Warning("environment variable LOGGER_DEBUG: {}", Message(compiled.status()));
    }
  }
}

}  // namespace crm::agent
