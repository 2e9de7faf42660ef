#include <algorithm>

#include "base/status.h"
#include "install/strategy.h"
#include "install/unit_file.h"
#include "install/words.h"

// The last resort: changes the endpoint of the kubelet's command in its unit file, and not a byte more.
namespace crm::install {
namespace {

std::string Path(const KubeletUnit& unit) { return unit.fragment_path; }

absl::Status Applicable(const KubeletUnit& unit) {
  if (unit.fragment_is_symlink) {
    return FailedPrecondition("{} is a symbolic link, expected a regular file", unit.fragment_path);
  }
  if (!unit.fragment_path.starts_with("/etc/systemd/system/")) {
    return FailedPrecondition("{} belongs to a package, expected a unit below /etc/systemd/system",
                              unit.fragment_path);
  }
  return absl::OkStatus();
}

std::optional<UnitSetting> Command(const std::string& text) {
  std::optional<UnitSetting> last;
  for (UnitSetting& setting : ParseUnit(text)) {
    if (setting.section == "Service" && setting.key == "ExecStart" && !setting.value.empty())
      last = std::move(setting);
  }
  return last;
}

// The line that the Go original adds too, after the word $KUBELET_EXTRA_ARGS or after the last one.
std::string InsertLine(const std::string& text, const UnitSetting& command, const std::string& flag) {
  const std::vector<Word> words =
      SplitWords(std::string_view(text).substr(command.begin, command.end - command.begin));
  size_t after = words.empty() ? command.end : command.begin + words.back().end;
  for (const Word& word : words) {
    if (word.text == "$" + std::string(kExtraArgsName)) after = command.begin + word.end;
  }
  return text.substr(0, after) + " \\\n    " + flag + text.substr(after);
}

absl::StatusOr<std::string> Wire(const KubeletUnit& unit, const std::optional<std::string>& now,
                                 const Endpoint& endpoint) {
  if (!now) return NotFound("{} is gone", unit.fragment_path);
  const std::optional<UnitSetting> command = Command(*now);
  if (!command) return FailedPrecondition("{} has no ExecStart=", unit.fragment_path);
  const std::vector<EndpointFlag> flags =
      FindEndpointFlags(std::string_view(*now).substr(command->begin, command->end - command->begin));
  if (flags.empty()) return InsertLine(*now, *command, endpoint.Flag());
  const EndpointFlag& last = flags.back();
  switch (OwnerOf(last.value, endpoint)) {
    case EndpointOwner::kOurs:
      return *now;
    case EndpointOwner::kForeign:
      if (!endpoint.override_foreign) return AddEndpoint(command->value, endpoint).status();
      break;
    case EndpointOwner::kRuntime:
      break;
  }
  return now->substr(0, command->begin + last.begin) + endpoint.Flag() +
         now->substr(command->begin + last.end);
}

std::optional<std::string> Unwire(const KubeletUnit& unit, const std::optional<std::string>& now,
                                  const std::optional<std::string>& original, const Endpoint& endpoint) {
  if (!now) return std::nullopt;
  if (original && Wire(unit, original, endpoint).value_or("") == *now) return original;
  const std::optional<UnitSetting> command = Command(*now);
  if (!command) return now;
  // Somebody rewrote the unit since: only our flag is turned back, if it is there.
  std::string text = *now;
  std::vector<EndpointFlag> flags =
      FindEndpointFlags(std::string_view(text).substr(command->begin, command->end - command->begin));
  std::reverse(flags.begin(), flags.end());
  for (const EndpointFlag& flag : flags) {
    if (OwnerOf(flag.value, endpoint) != EndpointOwner::kOurs) continue;
    text = text.substr(0, command->begin + flag.begin) + "--container-runtime-endpoint=unix://" +
           endpoint.runtime_socket + text.substr(command->begin + flag.end);
  }
  return text;
}

}  // namespace

const Strategy& UnitEdit() {
  static constexpr Strategy kStrategy = {"unit-edit", Path, Applicable, Wire, Unwire};
  return kStrategy;
}

}  // namespace crm::install
