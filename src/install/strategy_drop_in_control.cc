#include "base/status.h"
#include "install/paths.h"
#include "install/strategy.h"
#include "install/words.h"

// A drop-in of ours among those that `systemctl set-property` writes: gardener-node-agent does not look
// there.
namespace crm::install {
namespace {

std::string Path(const KubeletUnit&) { return kControlDropIn; }

absl::Status Applicable(const KubeletUnit& unit) {
  if (!unit.UsesExtraArgs()) {
    return FailedPrecondition("ExecStart of {} has no word $KUBELET_EXTRA_ARGS", unit.fragment_path);
  }
  if (!unit.extra_args_file.empty()) {
    return FailedPrecondition("KUBELET_EXTRA_ARGS of {} wins over a drop-in's Environment=",
                              unit.extra_args_file);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Wire(const KubeletUnit& unit, const std::optional<std::string>&,
                                 const Endpoint& endpoint) {
  CRM_ASSIGN_OR_RETURN(const std::string merged, AddEndpoint(unit.extra_args, endpoint));
  return fmt::format("{}[Service]\nEnvironment={}\n", kOursComment,
                     QuoteForUnit(fmt::format("{}={}", kExtraArgsName, merged)));
}

std::optional<std::string> Unwire(const KubeletUnit&, const std::optional<std::string>&,
                                  const std::optional<std::string>& original, const Endpoint&) {
  return original;
}

}  // namespace

const Strategy& DropInControl() {
  static constexpr Strategy kStrategy = {"drop-in-control", Path, Applicable, Wire, Unwire};
  return kStrategy;
}

}  // namespace crm::install
