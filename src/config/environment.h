#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/plan.h"

namespace crm::config {

/// What the environment says about keys that a configuration leaves open.
struct EnvironmentDefaults {
  Plan plan;
  std::map<std::string, std::string> texts;  ///< by key path, as YAML, for showing the defaults
  std::vector<std::string> errors;           ///< of variables whose values were not used
};

/// The value of a variable, nullopt when it is not set.
using GetVariable = std::function<std::optional<std::string>(const char* name)>;
std::optional<std::string> ProcessVariable(const char* name);

/// Reads HTTP_ENDPOINT, PROMETHEUS_EXPORT, REPORT_PERIOD, SAMPLING_FREQUENCY, JAEGER_COLLECTOR, JAEGER_AGENT
/// and LOGGER_DEBUG. Empty ones count as not set. Spec 10 sections 10.3 and 12.1.
EnvironmentDefaults ReadEnvironment(const GetVariable& variable = ProcessVariable);

}  // namespace crm::config
