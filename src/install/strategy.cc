#include "install/strategy.h"

#include <vector>

#include "base/status.h"

namespace crm::install {
namespace {

const std::vector<const Strategy*>& Table() {
  static const auto* table =
      new std::vector<const Strategy*>{&ExtraArgs(), &DropInControl(), &DropIn(), &UnitEdit()};
  return *table;
}

}  // namespace

const Strategy* FindStrategy(std::string_view name) {
  for (const Strategy* strategy : Table()) {
    if (strategy->name == name) return strategy;
  }
  return nullptr;
}

absl::StatusOr<const Strategy*> ChooseStrategy(std::string_view name, const KubeletUnit& unit) {
  if (name == "nri" || name == "osc") {
    return Error(absl::StatusCode::kUnimplemented, "kubelet strategy \"{}\" is not part of this version",
                 name);
  }
  if (const Strategy* strategy = FindStrategy(name); strategy != nullptr) {
    CRM_RETURN_IF_ERROR(
        Annotate(strategy->applicable(unit), fmt::format("kubelet strategy \"{}\" cannot be used", name)));
    return strategy;
  }
  if (name != "auto") {
    return InvalidArgument(
        "kubelet strategy \"{}\": expected auto, extra-args, drop-in-control, drop-in or unit-edit", name);
  }
  std::string reasons;
  for (const Strategy* strategy : Table()) {
    const absl::Status applicable = strategy->applicable(unit);
    if (applicable.ok()) return strategy;
    reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", strategy->name, Message(applicable));
  }
  return FailedPrecondition("no way to point this kubelet at cri-resmgr ({})", reasons);
}

}  // namespace crm::install
