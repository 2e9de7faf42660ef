#include "kube/work_queue.h"

#include <algorithm>
#include <utility>

namespace crm::kube {
namespace {

constexpr absl::Duration kFirstDelay = absl::Milliseconds(5);
constexpr absl::Duration kLongestDelay = absl::Seconds(1000);
constexpr absl::Duration kBucketInterval = absl::Milliseconds(100);  // 10 a second
constexpr int kBucketBurst = 100;

}  // namespace

absl::Duration WorkQueue::FailureDelay(int failures) {
  absl::Duration delay = kFirstDelay;
  for (int i = 0; i < failures && delay < kLongestDelay; ++i) delay *= 2;
  return std::min(delay, kLongestDelay);
}

WorkQueue::WorkQueue(WorkQueueOptions options)
    : clock_(*options.clock), metrics_(options.registry, options.name, [this] { return InWork(); }) {}

void WorkQueue::Add(const std::string& key) {
  absl::MutexLock lock(&mutex_);
  AddLocked(key);
}

void WorkQueue::AddAfter(const std::string& key, absl::Duration delay) {
  absl::MutexLock lock(&mutex_);
  if (delay <= absl::ZeroDuration()) {
    AddLocked(key);
  } else {
    DelayLocked(key, Now() + delay);
  }
}

void WorkQueue::AddRateLimited(const std::string& key) {
  absl::MutexLock lock(&mutex_);
  const absl::Duration now = Now();
  // The bucket as a time line: each key takes one interval; up to kBucketBurst intervals may lie in the past.
  bucket_empty_until_ = std::max(bucket_empty_until_, now - kBucketBurst * kBucketInterval) + kBucketInterval;
  DelayLocked(key, std::max(now + FailureDelay(failures_[key]++), bucket_empty_until_));
}

void WorkQueue::Forget(const std::string& key) {
  absl::MutexLock lock(&mutex_);
  failures_.erase(key);
}

std::optional<std::string> WorkQueue::Get() {
  absl::MutexLock lock(&mutex_);
  while (true) {
    if (shut_down_) return std::nullopt;
    const absl::Duration now = Now();
    ReleaseDueLocked(now);
    if (!ready_.empty()) {
      std::string key = std::move(ready_.front());
      ready_.pop_front();
      auto waited = waiting_.find(key);
      metrics_.Taken(ready_.size(), now - waited->second);
      waiting_.erase(waited);
      processing_[key] = now;
      return key;
    }
    const absl::Duration next = delayed_.empty() ? absl::InfiniteDuration() : delayed_.begin()->first;
    auto changed = [this, next]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return shut_down_ || !ready_.empty() || (!delayed_.empty() && delayed_.begin()->first < next);
    };
    mutex_.AwaitWithTimeout(absl::Condition(&changed), next - now);
  }
}

void WorkQueue::Done(const std::string& key) {
  absl::MutexLock lock(&mutex_);
  auto processed = processing_.find(key);
  if (processed == processing_.end()) return;
  metrics_.Done(Now() - processed->second);
  processing_.erase(processed);
  if (again_.erase(key) > 0 && !shut_down_) PushLocked(key);
}

void WorkQueue::ShutDown() {
  absl::MutexLock lock(&mutex_);
  shut_down_ = true;
}

size_t WorkQueue::Depth() const {
  absl::MutexLock lock(&mutex_);
  return ready_.size();
}

size_t WorkQueue::DelayedForTest() const {
  absl::MutexLock lock(&mutex_);
  return delayed_.size();
}

WorkQueueMetrics::Unfinished WorkQueue::InWork() const {
  absl::MutexLock lock(&mutex_);
  const absl::Duration now = Now();
  WorkQueueMetrics::Unfinished unfinished;
  for (const auto& [key, since] : processing_) {
    unfinished.sum += now - since;
    unfinished.longest = std::max(unfinished.longest, now - since);
  }
  return unfinished;
}

void WorkQueue::AddLocked(const std::string& key) {
  if (shut_down_ || waiting_.count(key) > 0) return;
  if (processing_.count(key) > 0) {
    if (again_.insert(key).second) metrics_.Added();
    return;
  }
  metrics_.Added();
  PushLocked(key);
}

void WorkQueue::PushLocked(const std::string& key) {
  waiting_[key] = Now();
  ready_.push_back(key);
  metrics_.Depth(ready_.size());
}

void WorkQueue::DelayLocked(const std::string& key, absl::Duration due) {
  if (shut_down_) return;
  metrics_.Delayed();
  auto [known, added] = due_.emplace(key, due);
  if (!added) {
    if (known->second <= due) return;
    auto [first, last] = delayed_.equal_range(known->second);
    delayed_.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == key; }));
    known->second = due;
  }
  delayed_.emplace(due, key);
}

void WorkQueue::ReleaseDueLocked(absl::Duration now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    std::string key = std::move(delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
    due_.erase(key);
    AddLocked(key);
  }
}

}  // namespace crm::kube
