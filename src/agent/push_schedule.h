#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/selection.h"

namespace crm::agent {

struct PushTiming {
  absl::Duration delay = absl::Seconds(2);  ///< after the last change
  absl::Duration retry = absl::Seconds(5);  ///< after a failure of transport
  absl::Duration call_timeout = absl::Seconds(5);
};

/// When which configuration goes to the daemon: the newest change waits for a quiet `delay`; a failure of
/// transport is tried again after `retry`; the daemon's refusal is final until the next change; a daemon that
/// came back gets the last configuration again. Pure: every call says what time it is. Not thread-safe. Spec
/// 50 section 5.1.
class PushSchedule {
 public:
  explicit PushSchedule(PushTiming timing) : timing_(timing) {}

  void OnChange(ConfigData data, absl::Time now);
  void OnDaemonBack(absl::Time now);

  /// When Take will have something; InfiniteFuture for never as things are.
  absl::Time Due() const;
  /// What to send at `now`, if anything. Each Take is followed by OnResult before the next.
  std::optional<ConfigData> Take(absl::Time now);
  /// OK with the daemon's answer ("" accepted, else why not), or why the call did not reach it.
  void OnResult(const absl::StatusOr<std::string>& result, absl::Time now);

  /// "" when the last push was accepted or none was tried, else its cause.
  const std::string& error() const { return error_; }

 private:
  PushTiming timing_;
  std::optional<ConfigData> pending_;
  absl::Time due_ = absl::InfiniteFuture();
  std::optional<ConfigData> sent_;  // the last one taken, kept for retries and for a daemon that comes back
  bool in_flight_ = false;
  bool back_ = false;  // the daemon came back during the call
  std::string error_;
};

}  // namespace crm::agent
