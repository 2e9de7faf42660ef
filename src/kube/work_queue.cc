#include "kube/work_queue.h"

#include <algorithm>

#include "absl/time/clock.h"

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

void WorkQueue::Add(const std::string& key) {
  absl::MutexLock lock(&mutex_);
  AddLocked(key);
}

void WorkQueue::AddAfter(const std::string& key, absl::Duration delay) {
  absl::MutexLock lock(&mutex_);
  if (delay <= absl::ZeroDuration()) {
    AddLocked(key);
  } else {
    DelayLocked(key, absl::Now() + delay);
  }
}

void WorkQueue::AddRateLimited(const std::string& key) {
  absl::MutexLock lock(&mutex_);
  absl::Time now = absl::Now();
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
    ReleaseDueLocked(absl::Now());
    if (!ready_.empty()) {
      std::string key = std::move(ready_.front());
      ready_.pop_front();
      waiting_.erase(key);
      processing_.insert(key);
      return key;
    }
    absl::Time next = delayed_.empty() ? absl::InfiniteFuture() : delayed_.begin()->first;
    auto changed = [this, next]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return shut_down_ || !ready_.empty() || (!delayed_.empty() && delayed_.begin()->first < next);
    };
    mutex_.AwaitWithDeadline(absl::Condition(&changed), next);
  }
}

void WorkQueue::Done(const std::string& key) {
  absl::MutexLock lock(&mutex_);
  processing_.erase(key);
  if (again_.erase(key) > 0) AddLocked(key);
}

void WorkQueue::ShutDown() {
  absl::MutexLock lock(&mutex_);
  shut_down_ = true;
}

size_t WorkQueue::Depth() const {
  absl::MutexLock lock(&mutex_);
  return ready_.size();
}

void WorkQueue::AddLocked(const std::string& key) {
  if (shut_down_ || waiting_.count(key) > 0) return;
  if (processing_.count(key) > 0) {
    again_.insert(key);
    return;
  }
  waiting_.insert(key);
  ready_.push_back(key);
}

void WorkQueue::DelayLocked(const std::string& key, absl::Time due) {
  if (shut_down_) return;
  auto [known, added] = due_.emplace(key, due);
  if (!added) {
    if (known->second <= due) return;
    auto [first, last] = delayed_.equal_range(known->second);
    delayed_.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == key; }));
    known->second = due;
  }
  delayed_.emplace(due, key);
}

void WorkQueue::ReleaseDueLocked(absl::Time now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    std::string key = std::move(delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
    due_.erase(key);
    AddLocked(key);
  }
}

}  // namespace crm::kube
