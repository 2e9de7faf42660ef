#pragma once

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace crm::daemon {

/// The signal that reads the forced configuration again, by its name ("SIGHUP", "SIGUSR2"). 0 for none: ""
/// and words that begin with "disable". InvalidArgument for names that are unknown or taken (SIGTERM ends the
/// daemon, SIGUSR1 toggles debugging, faults are faults). Spec 10 sections 2.2 and 6.4.
absl::StatusOr<int> ReloadSignal(std::string_view name);

/// Signals as events of the main thread. Spec 10 section 15.2.
class Signals {
 public:
  enum class Event { kReload, kIgnored, kToggleDebug, kEnd, kTimeout };

  /// Blocks the signals in this thread and those it starts later: call it before there are others. SIGHUP is
  /// always among them, as it must not end the daemon.
  explicit Signals(int reload_signal);

  /// The next signal, or kTimeout. A second SIGTERM or SIGINT after kEnd ends the process with status 1.
  Event Wait(absl::Duration timeout) const;

 private:
  const int reload_signal_;
};

}  // namespace crm::daemon
