#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "config/environment.h"

namespace crm::daemon {

/// What a service manager such as systemd is told: a datagram to $NOTIFY_SOCKET, nothing when it is not set.
/// Failures are ignored: the daemon's work does not depend on them. sd_notify(3), systemd.service(5).
class ServiceManager {
 public:
  explicit ServiceManager(const config::GetVariable& variable = config::ProcessVariable);

  void Ready(std::string_view status) const;
  void Reloading() const;
  void Stopping() const;
  /// "I am alive"; expected at least once in WatchdogInterval().
  void Alive() const;
  /// Half of the time that $WATCHDOG_USEC allows; infinite when nobody watches this process.
  absl::Duration WatchdogInterval() const { return watchdog_interval_; }

 private:
  void Send(const std::string& message) const;

  std::string socket_;
  absl::Duration watchdog_interval_ = absl::InfiniteDuration();
};

}  // namespace crm::daemon
