#include "install/static_configs.h"

#include "base/status.h"
#include "config/compile.h"
#include "daemon/options.h"
#include "install/environment_file.h"
#include "install/paths.h"
#include "install/shipped.h"
#include "install/words.h"

namespace crm::install {
namespace {

absl::StatusOr<std::optional<std::string>> ReadIfThere(const FileSystem& files, const std::string& path) {
  absl::StatusOr<std::string> text = files.Read(path);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  if (!text.ok()) return text.status();
  return *std::move(text);
}

absl::Status CheckConfig(const std::optional<std::string>& text, const char* path,
                         std::vector<std::string>& warnings) {
  if (!text) return absl::OkStatus();
  const config::Compiled compiled = config::CompileText(*text);
  for (const config::Finding& finding : compiled.findings) {
    if (finding.severity == config::Severity::kWarning) {
      warnings.push_back(fmt::format("{}: {}", path, finding.ToString()));
    }
  }
  return Annotate(compiled.status(), path);
}

void AddWords(const std::string& text, std::string_view name, std::vector<std::string>& arguments) {
  for (const Word& word : SplitWords(FindAssignment(text, name).value_or(""))) arguments.push_back(word.text);
}

}  // namespace

absl::StatusOr<StaticConfigs> ReadStaticConfigs(const FileSystem& files, const std::string& folder) {
  StaticConfigs configs;
  if (folder.empty()) return configs;
  CRM_ASSIGN_OR_RETURN(configs.fallback, ReadIfThere(files, folder + "/fallback.cfg"));
  CRM_ASSIGN_OR_RETURN(configs.force, ReadIfThere(files, folder + "/force.cfg"));
  CRM_ASSIGN_OR_RETURN(configs.extra_options, ReadIfThere(files, folder + "/EXTRA_OPTIONS.cfg"));
  return configs;
}

std::string DefaultsText(const StaticConfigs& configs) {
  const std::string shipped(ShippedDefaults());
  if (!configs.force) return shipped;
  for (const Assignment& assignment : ParseEnvironmentFile(shipped)) {
    if (assignment.name != "CONFIG_OPTIONS") continue;
    return shipped.substr(0, assignment.begin) +
           FormatAssignment("CONFIG_OPTIONS", fmt::format("--force-config {}", kForce)) +
           shipped.substr(assignment.end);
  }
  return shipped;
}

absl::StatusOr<DaemonCommand> CheckStaticConfigs(const StaticConfigs& configs,
                                                 std::vector<std::string>& warnings) {
  CRM_RETURN_IF_ERROR(CheckConfig(configs.fallback, kFallback, warnings));
  CRM_RETURN_IF_ERROR(CheckConfig(configs.force, kForce, warnings));
  DaemonCommand command;
  command.arguments.emplace_back(kDaemon);
  const std::string defaults = DefaultsText(configs);
  AddWords(defaults, "CONFIG_OPTIONS", command.arguments);
  AddWords(defaults, "POLICY_OPTIONS", command.arguments);
  if (configs.extra_options) {
    if (!FindAssignment(*configs.extra_options, "EXTRA_OPTIONS")) {
      return InvalidArgument("{}: expected an assignment such as EXTRA_OPTIONS=\"--metrics-interval 10s\"",
                             kExtraOptions);
    }
    AddWords(*configs.extra_options, "EXTRA_OPTIONS", command.arguments);
  }
  daemon::Options options;
  absl::Status parsed =
      options.Flags().ParseWords({command.arguments.begin() + 1, command.arguments.end()}, nullptr);
  if (absl::IsCancelled(parsed)) parsed = InvalidArgument("--help would end the daemon at once");
  if (parsed.ok()) parsed = options.Normalize();
  if (parsed.ok() && (options.version || options.list_policies || options.check_config ||
                      options.reset_config || options.reset_policy)) {
    parsed =
        InvalidArgument("expected options of a daemon that serves, found one that makes it answer and exit");
  }
  CRM_RETURN_IF_ERROR(Annotate(parsed, kExtraOptions));
  command.relay_socket = options.relay_socket;
  command.runtime_socket = options.runtime_socket;
  command.state_dir = options.relay_dir;
  return command;
}

}  // namespace crm::install
