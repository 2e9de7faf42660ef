#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/flags.h"
#include "base/log_settings.h"
#include "config/environment.h"
#include "config/plan.h"

namespace crm::daemon {

/// The options of klog: from the environment (LOGGER_SKIP_HEADERS, ...), from the command line above it, and
/// from logger.Klog above both. Their types stand in the schema of the configuration. Spec 10 sections 2.2
/// and 10.
class LogOptions {
 public:
  explicit LogOptions(const config::GetVariable& variable = config::ProcessVariable);
  LogOptions(const LogOptions&) = delete;  // the flag table points here
  LogOptions& operator=(const LogOptions&) = delete;

  void AddTo(FlagTable& table);

  /// How lines look and where they go under this section of the configuration; options that it does not name
  /// have the value of the command line.
  LogSettings Settings(const config::LoggerOptions& logger) const;

  /// The values in force before any configuration, by option name, as YAML.
  const std::map<std::string, std::string>& values() const { return values_; }
  /// Of variables whose values were not used.
  const std::vector<std::string>& errors() const { return errors_; }
  /// Those that were given on the command line or in the environment and have no effect in this version.
  std::vector<std::string> WithoutEffect() const;

 private:
  absl::Status Set(const std::string& name, std::string_view text);

  std::map<std::string, std::string> values_;
  std::vector<std::string> errors_;
};

/// Puts the logger section of a configuration in force: format, files, debug sources. Errors are logged.
void ApplyLogging(const LogOptions& options, const config::Plan& plan);

}  // namespace crm::daemon
