#include "base/status.h"
#include "install/paths.h"
#include "install/strategy.h"
#include "install/words.h"

// A drop-in of ours that states the kubelet's command anew, with our flag as its last word.
namespace crm::install {
namespace {

std::string Path(const KubeletUnit&) { return kDropIn; }

absl::Status Applicable(const KubeletUnit& unit) {
  if (unit.commands.size() != 1) {
    return FailedPrecondition("{} has {} ExecStart= lines in effect, expected one", unit.fragment_path,
                              unit.commands.size());
  }
  const std::vector<Word> words = SplitWords(unit.commands.front());
  std::string program = words.empty() ? "" : words.front().text;
  program.erase(0, program.find_first_not_of("-@:+!"));  // systemd's prefixes of a command
  if (program.substr(program.rfind('/') + 1) != "kubelet") {
    return FailedPrecondition(
        "ExecStart of {} runs \"{}\", expected the kubelet itself: a flag at its end would "
        "not reach it",
        unit.fragment_path, program);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Wire(const KubeletUnit& unit, const std::optional<std::string>&,
                                 const Endpoint& endpoint) {
  CRM_RETURN_IF_ERROR(Applicable(unit));
  CRM_ASSIGN_OR_RETURN(std::string command, AddEndpoint(unit.commands.front(), endpoint));
  // $KUBELET_EXTRA_ARGS may hold another endpoint: the last flag wins, so ours comes after it.
  if (!command.ends_with(endpoint.Flag())) command += ' ' + endpoint.Flag();
  return fmt::format("{}[Service]\nExecStart=\nExecStart={}\n", kOursComment, command);
}

std::optional<std::string> Unwire(const KubeletUnit&, const std::optional<std::string>&,
                                  const std::optional<std::string>& original, const Endpoint&) {
  return original;
}

}  // namespace

const Strategy& DropIn() {
  static constexpr Strategy kStrategy = {"drop-in", Path, Applicable, Wire, Unwire};
  return kStrategy;
}

}  // namespace crm::install
