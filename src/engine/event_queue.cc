#include "engine/event_queue.h"

#include <utility>

#include "absl/synchronization/notification.h"

namespace crm::engine {

EventQueue::EventQueue(absl::Duration idle, std::function<void()> when_idle)
    : idle_(idle), when_idle_(std::move(when_idle)), thread_([this] { Loop(); }) {}

EventQueue::~EventQueue() { Stop(); }

void EventQueue::Post(std::function<void()> task) {
  absl::MutexLock lock(&mutex_);
  if (!stopping_) tasks_.push_back(std::move(task));
}

void EventQueue::Run(std::function<void()> task) {
  absl::Notification done;
  Post([&] {
    task();
    done.Notify();
  });
  done.WaitForNotification();
}

void EventQueue::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  thread_.join();
}

void EventQueue::Loop() {
  absl::Duration patience = absl::InfiniteDuration();
  while (true) {
    std::function<void()> task;
    {
      absl::MutexLock lock(&mutex_);
      const bool due = mutex_.AwaitWithTimeout(absl::Condition(
                                                   +[](EventQueue* self) ABSL_NO_THREAD_SAFETY_ANALYSIS {
                                                     return self->stopping_ || !self->tasks_.empty();
                                                   },
                                                   this),
                                               patience);
      if (due && tasks_.empty()) return;
      if (due) {
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
    }
    if (task) {
      task();
      patience = idle_;
    } else {
      if (when_idle_) when_idle_();
      patience = absl::InfiniteDuration();
    }
  }
}

}  // namespace crm::engine
