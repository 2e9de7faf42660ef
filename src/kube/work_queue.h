#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "kube/work_queue_metrics.h"

namespace crm::kube {

struct WorkQueueOptions {
  std::string name;                       ///< in metrics
  metrics::Registry* registry = nullptr;  ///< not nullptr: workqueue_* metrics; outlives the queue
  const Clock* clock = &RealClock();
};

/// A queue of keys with the rules of controllers: a key waits at most once; a key that is being worked on is
/// not given to a second worker but comes again after Done. Thread-safe.
class WorkQueue {
 public:
  explicit WorkQueue(WorkQueueOptions options = {});

  void Add(const std::string& key);
  /// A key that is delayed already comes at the earlier of both times.
  void AddAfter(const std::string& key, absl::Duration delay);
  /// With the delay of this key's failures so far: 5 ms doubling, at most 1000 s; and all keys together not
  /// faster than 10 a second after a burst of 100. Spec 60 section 4.5.
  void AddRateLimited(const std::string& key);
  void Forget(const std::string& key);  ///< its failures so far no longer count

  /// Waits for a key; nullopt after ShutDown.
  std::optional<std::string> Get();
  void Done(const std::string& key);
  void ShutDown();
  size_t Depth() const;           ///< keys that Get would give at once
  size_t DelayedForTest() const;  ///< keys that wait for their time

  /// The delay after so many failures in a row before this one.
  static absl::Duration FailureDelay(int failures);

 private:
  void AddLocked(const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PushLocked(const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DelayLocked(const std::string& key, absl::Duration due) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReleaseDueLocked(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  WorkQueueMetrics::Unfinished InWork() const;
  absl::Duration Now() const { return clock_.Monotonic(); }

  const Clock& clock_;
  mutable absl::Mutex mutex_;
  std::deque<std::string> ready_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Duration> waiting_ ABSL_GUARDED_BY(mutex_);     // in ready_, since
  std::map<std::string, absl::Duration> processing_ ABSL_GUARDED_BY(mutex_);  // since
  std::set<std::string> again_ ABSL_GUARDED_BY(mutex_);                       // added while processing
  std::multimap<absl::Duration, std::string> delayed_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Duration> due_ ABSL_GUARDED_BY(mutex_);  // of every key in delayed_
  std::map<std::string, int> failures_ ABSL_GUARDED_BY(mutex_);
  absl::Duration bucket_empty_until_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();  // AddRateLimited
  bool shut_down_ ABSL_GUARDED_BY(mutex_) = false;
  WorkQueueMetrics metrics_;  // last: a scrape asks for the members above
};

}  // namespace crm::kube
