#include "kube/events.h"

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/log.h"
#include "base/status.h"
#include "kube/backoff.h"
#include "kube/event_correlator.h"
#include "kube/objects.h"

namespace crm::kube {
namespace {

// Whether another attempt may succeed: the server could not be reached, or is busy.
bool Passing(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded ||
         status.code() == absl::StatusCode::kResourceExhausted ||
         status.code() == absl::StatusCode::kUnauthenticated;
}

}  // namespace

ObjectReference ReferenceTo(const Json& object) {
  return {std::string(FindString(object, {"apiVersion"})),
          std::string(Kind(object)),
          std::string(Namespace(object)),
          std::string(Name(object)),
          std::string(Uid(object)),
          std::string(ResourceVersion(object))};
}

class EventRecorder::Impl {
 public:
  Impl(Client& client, EventRecorderOptions options)
      : options_(std::move(options)),
        client_(client.With({absl::InfiniteDuration(), &end_})),
        correlator_(options_.component, options_.host),
        thread_([this] { Run(); }) {}
  ~Impl() { Stop(absl::ZeroDuration()); }

  void Record(Occurrence occurrence) {
    occurrence.at = options_.clock->Now();
    absl::MutexLock lock(&mutex_);
    if (closed_ || waiting_.size() >= options_.max_waiting) {
      ++dropped_;
    } else {
      waiting_.push_back(std::move(occurrence));
    }
  }

  bool Flush(absl::Duration patience) {
    absl::MutexLock lock(&mutex_);
    auto done = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return waiting_.empty() && !busy_; };
    return mutex_.AwaitWithTimeout(absl::Condition(&done), patience);
  }

  void Stop(absl::Duration patience) {
    std::lock_guard one_at_a_time(stop_mutex_);
    {
      absl::MutexLock lock(&mutex_);
      closed_ = true;
    }
    Flush(patience);
    end_.Cancel();
    if (thread_.joinable()) thread_.join();
  }

  uint64_t dropped() const { return dropped_; }

 private:
  void Run() {
    auto due = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return !waiting_.empty() || closed_ || end_.cancelled();
    };
    while (true) {
      std::optional<Occurrence> next;
      {
        absl::MutexLock lock(&mutex_);
        mutex_.Await(absl::Condition(&due));
        if (waiting_.empty() || end_.cancelled()) {
          dropped_ += waiting_.size();
          waiting_.clear();
          return;
        }
        next = std::move(waiting_.front());
        waiting_.pop_front();
        busy_ = true;
      }
      Tell(*next);
      absl::MutexLock lock(&mutex_);
      busy_ = false;
    }
  }

  void Tell(const Occurrence& occurrence) {
    const std::optional<EventWrite> write = correlator_.Correlate(occurrence);
    if (!write.has_value()) {
      ++dropped_;
      return;
    }
    Backoff backoff(options_.min_backoff, options_.max_backoff);
    for (int attempt = 1;; ++attempt) {
      const absl::Status status = Write(*write);
      if (status.ok()) return;
      const bool again = Passing(status) && attempt < options_.attempts;
      if (again && !end_.WaitFor(backoff.Next())) continue;
      ++dropped_;
      if (end_.cancelled()) return;
      log_.Warning("event {} about {} \"{}/{}\" is dropped: {}", occurrence.reason, occurrence.about.kind,
                   occurrence.about.ns, occurrence.about.name, Message(status));
      return;
    }
  }

  absl::Status Write(const EventWrite& write) {
    const std::string name(Name(write.event));
    if (write.known) {
      const Json patch = {{"count", write.event["count"]},
                          {"lastTimestamp", write.event["lastTimestamp"]},
                          {"message", write.event["message"]}};
      const absl::Status status = Patch(write.ns, name, patch).status();
      if (!absl::IsNotFound(status)) return status;  // else: older than the server keeps Events
    }
    const absl::Status status = client_->Create(resources::kEvents, write.ns, write.event).status();
    if (!absl::IsAlreadyExists(status)) return status;
    // Written by a process before us (or by us, the answer was lost): the answer tells its count.
    CRM_ASSIGN_OR_RETURN(const Json event,
                         Patch(write.ns, name, {{"lastTimestamp", write.event["lastTimestamp"]}}));
    const int64_t count = FindInt(event, {"count"}) + 1;
    correlator_.Correct(write.key, count);
    return Patch(write.ns, name, {{"count", count}}).status();
  }

  absl::StatusOr<Json> Patch(const std::string& ns, const std::string& name, const Json& patch) {
    return client_->Patch(resources::kEvents, ns, name, PatchType::kMerge, patch, {});
  }

  const EventRecorderOptions options_;
  Cancellation end_;
  const std::unique_ptr<Client> client_;
  const Logger log_{"events"};
  EventCorrelator correlator_;  // of the thread
  std::atomic<uint64_t> dropped_{0};

  std::mutex stop_mutex_;
  absl::Mutex mutex_;
  std::deque<Occurrence> waiting_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;  // with one that is no longer in waiting_
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the others
};

EventRecorder::EventRecorder(Client& client, EventRecorderOptions options)
    : impl_(std::make_unique<Impl>(client, std::move(options))) {}
EventRecorder::~EventRecorder() = default;
void EventRecorder::Record(const ObjectReference& about, EventType type, const std::string& reason,
                           const std::string& message) {
  impl_->Record({about, type, reason, message, {}});
}
bool EventRecorder::Flush(absl::Duration patience) { return impl_->Flush(patience); }
void EventRecorder::Stop(absl::Duration patience) { impl_->Stop(patience); }
uint64_t EventRecorder::dropped() const { return impl_->dropped(); }

}  // namespace crm::kube
