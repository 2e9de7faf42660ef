#pragma once

#include <deque>
#include <functional>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace crm::engine {

/// One thread that runs tasks one after another, in the order of posting: the strand that owns the engine's
/// state. Post is thread-safe and never waits for a task.
class EventQueue {
 public:
  /// `when_idle` runs on the queue's thread when nothing was posted for `idle` after a task; not again before
  /// the next task.
  explicit EventQueue(absl::Duration idle = absl::InfiniteDuration(), std::function<void()> when_idle = {});
  ~EventQueue();  ///< Stop()
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  void Post(std::function<void()> task);
  /// Runs what was posted before, then ends the thread. Later posts are dropped.
  void Stop();
  /// Posts the task and waits until it ran. Not from the queue's own thread.
  void Run(std::function<void()> task);

 private:
  void Loop();

  const absl::Duration idle_;
  const std::function<void()> when_idle_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace crm::engine
