#pragma once

#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/push_schedule.h"
#include "agent/selection.h"
#include "base/log.h"

namespace crm::agent {

/// Delivers a configuration to the daemon: "" when it is in force, else why the daemon refused it; an error
/// when the call did not reach it.
using SendConfig = std::function<absl::StatusOr<std::string>(const ConfigData& data)>;

/// Pushes configurations one after another on a thread of its own, as PushSchedule says. Thread-safe.
class Pusher {
 public:
  Pusher(PushTiming timing, SendConfig send);
  ~Pusher();  ///< stops; a call in flight must have been cancelled or ends by its deadline
  Pusher(const Pusher&) = delete;
  Pusher& operator=(const Pusher&) = delete;

  void Push(Choice choice);
  /// The daemon is reachable after it was not.
  void OnDaemonBack();
  /// What HealthCheck("config-status") answers: "" or "configuration error: CAUSE".
  std::string ConfigStatus() const;
  void Stop();

 private:
  void Run();

  const SendConfig send_;
  const Logger log_{"config-updater"};
  mutable absl::Mutex mutex_;
  PushSchedule schedule_ ABSL_GUARDED_BY(mutex_);
  std::string source_ ABSL_GUARDED_BY(mutex_);
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;  // the schedule, since the thread last looked
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace crm::agent
