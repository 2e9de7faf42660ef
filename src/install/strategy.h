#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "install/endpoint.h"
#include "install/kubelet_unit.h"

namespace crm::install {

/// One way of pointing the kubelet at our socket: it concerns one file of the host and turns its text into
/// another. Pure; who writes the file and restarts the kubelet is elsewhere. Spec 61 section 9.2.
struct Strategy {
  std::string_view name;
  /// The file that it changes.
  std::string (*path)(const KubeletUnit& unit);
  /// OK, or why it cannot be used with this unit.
  absl::Status (*applicable)(const KubeletUnit& unit);
  /// The file's text with us, from the text it has now (nullopt: no file). The same text when it is done
  /// already. Errors when the text names a foreign endpoint.
  absl::StatusOr<std::string> (*wire)(const KubeletUnit& unit, const std::optional<std::string>& now,
                                      const Endpoint& endpoint);
  /// The text without us: `original` when nothing but us changed it since, else the present text without our
  /// part. nullopt: the file is to be removed.
  std::optional<std::string> (*unwire)(const KubeletUnit& unit, const std::optional<std::string>& now,
                                       const std::optional<std::string>& original, const Endpoint& endpoint);
};

/// The strategies in the order in which `auto` tries them.
const Strategy& ExtraArgs();
const Strategy& DropInControl();
const Strategy& DropIn();
const Strategy& UnitEdit();

/// nullptr when there is none of that name.
const Strategy* FindStrategy(std::string_view name);

/// The strategy of that name, or the first applicable one for "auto". Errors say why it, or each, cannot be
/// used; InvalidArgument for an unknown name, Unimplemented for `nri` and `osc`.
absl::StatusOr<const Strategy*> ChooseStrategy(std::string_view name, const KubeletUnit& unit);

}  // namespace crm::install
