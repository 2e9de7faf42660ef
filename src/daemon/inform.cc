#include "daemon/inform.h"

#include <map>

#include "base/version.h"
#include "config/environment.h"
#include "config/schema.h"
#include "fmt/format.h"

namespace crm::daemon {
namespace {

std::string VersionText(const Options& options) {
  return fmt::format("{} version information:\n  - version: {}\n  - build:   {}\n", options.program,
                     Version(), BuildId());
}

std::string PoliciesText(const placement::PolicyRegistry& policies) {
  std::map<std::string, std::string> descriptions = policies.Descriptions();
  if (descriptions.contains("topology-aware")) descriptions["memtier"] = "An alias of topology-aware.";
  std::string text = "Available policies:\n";
  for (const auto& [name, description] : descriptions) text += fmt::format("  * {}: {}\n", name, description);
  return text;
}

std::string ConfigText(const Options& options) {
  std::map<std::string, std::string> texts = config::ReadEnvironment().texts;
  for (const auto& [name, value] : options.log->values()) {
    texts["logger.Klog." + name] = value.empty() ? "\"\"" : value;
  }
  return config::DefaultConfigYaml(texts) + "\n";
}

std::string HelpText(const std::vector<std::string>& patterns) {
  if (patterns.empty()) return config::DescribeSchema();
  std::string text;
  for (const std::string& pattern : patterns) {
    const std::string described = config::DescribeSchema(pattern);
    if (described != config::kNoMatchingModules) text += described;
  }
  return text.empty() ? config::kNoMatchingModules : text;
}

}  // namespace

std::optional<std::string> Inform(const Options& options, const std::vector<std::string>& words,
                                  const placement::PolicyRegistry& policies) {
  if (options.version) return VersionText(options);
  if (options.print_config) return ConfigText(options);
  if (options.list_policies) return PoliciesText(policies);
  if (!words.empty() && (words[0] == "help" || words[0] == "config-help")) {
    return HelpText({words.begin() + 1, words.end()});
  }
  return std::nullopt;
}

}  // namespace crm::daemon
