#pragma once

#include <deque>
#include <functional>
#include <thread>

#include "absl/synchronization/mutex.h"

namespace crm::engine {

/// One thread that runs tasks one after another, in the order of posting: the strand that owns the engine's
/// state. Post is thread-safe and never waits for a task.
class EventQueue {
 public:
  EventQueue();
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

  absl::Mutex mutex_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace crm::engine
