#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "enforce/runtime.h"

namespace crm::enforce {

/// A runtime for tests: answers from its fields, keeps the updates it got, and answers them when the test
/// says so.
class FakeRuntimeForTest : public Runtime {
 public:
  struct Call {
    std::string id;
    ResourceUpdate update;
    std::function<void(absl::Status)> done;
  };

  absl::StatusOr<RuntimeVersion> Version() override { return RuntimeVersion{"containerd", "1"}; }
  absl::StatusOr<std::vector<model::Pod>> ListPods() override {
    absl::MutexLock lock(&mutex_);
    ++lists_;
    if (!down_.ok()) return down_;
    return pods_;
  }
  absl::StatusOr<std::vector<ListedContainer>> ListContainers() override {
    absl::MutexLock lock(&mutex_);
    ++lists_;
    if (!down_.ok()) return down_;
    return containers_;
  }
  absl::StatusOr<model::LinuxResources> ContainerResources(const std::string&) override {
    return model::LinuxResources();
  }
  void UpdateResources(const std::string& id, const ResourceUpdate& update,
                       std::function<void(absl::Status)> done) override {
    {
      absl::MutexLock lock(&mutex_);
      if (!cancelled_) {
        calls_.push_back({id, update, std::move(done)});
        return;
      }
    }
    done(absl::CancelledError("the test ends"));
  }

  void Cancel() override {
    std::deque<Call> calls;
    {
      absl::MutexLock lock(&mutex_);
      cancelled_ = true;
      calls.swap(calls_);
    }
    for (const Call& call : calls) call.done(absl::CancelledError("the test ends"));
  }

  /// Waits for the next update.
  Call Next() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](FakeRuntimeForTest* self) ABSL_NO_THREAD_SAFETY_ANALYSIS { return !self->calls_.empty(); },
        this));
    Call call = std::move(calls_.front());
    calls_.pop_front();
    return call;
  }
  size_t Waiting() {
    absl::MutexLock lock(&mutex_);
    return calls_.size();
  }
  void SetContainers(std::vector<model::Pod> pods, std::vector<ListedContainer> containers) {
    absl::MutexLock lock(&mutex_);
    pods_ = std::move(pods);
    containers_ = std::move(containers);
  }
  void SetDown(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    down_ = std::move(status);
  }
  /// Waits for so many more lists of pods or containers.
  void AwaitLists(int count) {
    absl::MutexLock lock(&mutex_);
    const int goal = lists_ + count;
    const auto reached = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return lists_ >= goal; };
    mutex_.Await(absl::Condition(&reached));
  }

 private:
  absl::Mutex mutex_;
  std::deque<Call> calls_ ABSL_GUARDED_BY(mutex_);
  std::vector<model::Pod> pods_ ABSL_GUARDED_BY(mutex_);
  std::vector<ListedContainer> containers_ ABSL_GUARDED_BY(mutex_);
  absl::Status down_ ABSL_GUARDED_BY(mutex_);
  int lists_ ABSL_GUARDED_BY(mutex_) = 0;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace crm::enforce
