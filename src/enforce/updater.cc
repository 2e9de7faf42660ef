#include "enforce/updater.h"

#include <algorithm>
#include <optional>
#include <thread>

#include "base/log.h"
#include "base/status.h"

namespace crm::enforce {
namespace {

const Logger& Log() {
  static const auto* logger = new Logger("cri");
  return *logger;
}

void Merge(ResourceUpdate& into, const ResourceUpdate& newer) {
  if (newer.cpus) into.cpus = newer.cpus;
  if (newer.memory_nodes) into.memory_nodes = newer.memory_nodes;
  if (newer.cpu_shares) into.cpu_shares = newer.cpu_shares;
}

}  // namespace

struct Updater::Item {
  std::optional<ResourceUpdate> wanted;  // still to be sent
  bool in_flight = false;
  int held = 0;  // requests of the client under way: ours wait
  bool forgotten = false;
  bool answered_once = false;  // the values given before were tried: a waiter need not wait for retries
  absl::Duration delay;
  absl::Time due = absl::InfinitePast();

  bool Sendable() const { return wanted && !in_flight && held == 0; }
  bool Settled() const { return held == 0 && (answered_once || (!wanted && !in_flight)); }
  bool Idle() const { return !wanted && !in_flight && held == 0; }
};

struct Updater::Waiter {
  absl::Time deadline;
  std::vector<std::string> containers;
  bool in_flight_only = false;  // waits for what is under way, not for what is still to be sent
  std::function<void()> done;
};

class Updater::Impl : public std::enable_shared_from_this<Updater::Impl> {
 public:
  Impl(Runtime& runtime, UpdaterOptions options) : runtime_(runtime), options_(options) {}

  void Start() {
    thread_ = std::thread([this] { Run(); });
  }

  void Stop() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
      mutex_.Await(absl::Condition(
          +[](Impl* self) ABSL_NO_THREAD_SAFETY_ANALYSIS {
            return std::none_of(self->items_.begin(), self->items_.end(),
                                [](const auto& item) { return item.second.in_flight; });
          },
          this));
    }
    thread_.join();
  }

  void Update(const std::string& id, const ResourceUpdate& update) {
    absl::MutexLock lock(&mutex_);
    changed_ = true;
    Item& item = items_[id];
    item.forgotten = false;
    item.answered_once = false;
    item.due = absl::InfinitePast();
    item.delay = options_.first_retry;
    if (!item.wanted) item.wanted.emplace();
    Merge(*item.wanted, update);
  }

  void Forget(const std::string& id) {
    absl::MutexLock lock(&mutex_);
    changed_ = true;
    const auto it = items_.find(id);
    if (it == items_.end()) return;
    it->second.wanted.reset();
    it->second.forgotten = true;
    if (it->second.Idle()) items_.erase(it);
  }

  void Hold(const std::string& id, absl::Duration timeout, std::function<void()> ready) {
    {
      absl::MutexLock lock(&mutex_);
      Item& item = items_[id];
      ++item.held;
      if (item.in_flight && !stopping_) {
        waiters_.push_back({absl::Now() + timeout, {id}, /*in_flight_only=*/true, std::move(ready)});
        changed_ = true;
        return;
      }
    }
    ready();
  }

  void Unhold(const std::string& id) {
    absl::MutexLock lock(&mutex_);
    const auto it = items_.find(id);
    if (it == items_.end() || it->second.held == 0) return;
    changed_ = true;
    --it->second.held;
    if (it->second.Idle()) items_.erase(it);
  }

  void WhenSettled(absl::Duration timeout, std::function<void()> done) {
    {
      absl::MutexLock lock(&mutex_);
      Waiter waiter{absl::Now() + timeout, {}, /*in_flight_only=*/false, std::move(done)};
      for (const auto& [id, item] : items_) {
        if (!item.Settled()) waiter.containers.push_back(id);
      }
      if (!waiter.containers.empty()) {
        waiters_.push_back(std::move(waiter));
        changed_ = true;
        return;
      }
      done = std::move(waiter.done);
    }
    done();
  }

  size_t Pending() const {
    absl::MutexLock lock(&mutex_);
    return static_cast<size_t>(std::count_if(items_.begin(), items_.end(), [](const auto& item) {
      return item.second.wanted || item.second.in_flight;
    }));
  }

 private:
  // What the thread has to do next, under the lock.
  struct Work {
    std::vector<std::pair<std::string, ResourceUpdate>> send;
    std::vector<std::function<void()>> settled;
    bool stop = false;
  };

  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    if (stopping_) return true;
    const absl::Time now = absl::Now();
    for (const auto& [id, item] : items_) {
      if (item.Sendable() && item.due <= now) return true;
    }
    return std::any_of(waiters_.begin(), waiters_.end(),
                       [&](const Waiter& waiter) { return waiter.deadline <= now || Settled(waiter); });
  }

  bool Changed() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return changed_ || stopping_; }

  bool Settled(const Waiter& waiter) const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return std::all_of(waiter.containers.begin(), waiter.containers.end(), [&](const std::string& id) {
      const auto it = items_.find(id);
      if (it == items_.end()) return true;
      return waiter.in_flight_only ? !it->second.in_flight : it->second.Settled();
    });
  }

  absl::Time NextDue() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    absl::Time next = absl::InfiniteFuture();
    for (const auto& [id, item] : items_) {
      if (item.Sendable()) next = std::min(next, item.due);
    }
    for (const Waiter& waiter : waiters_) next = std::min(next, waiter.deadline);
    return next;
  }

  Work Take() {
    Work work;
    absl::MutexLock lock(&mutex_);
    // Any change may bring a nearer deadline than the one waited for, so each one ends the wait.
    while (!HasWork()) {
      changed_ = false;
      mutex_.AwaitWithDeadline(absl::Condition(this, &Impl::Changed), NextDue());
    }
    const absl::Time now = absl::Now();
    work.stop = stopping_;
    for (auto& [id, item] : items_) {
      if (stopping_ || !item.Sendable() || item.due > now) continue;
      work.send.emplace_back(id, *item.wanted);
      item.wanted.reset();
      item.in_flight = true;
    }
    for (size_t i = 0; i < waiters_.size();) {
      if (stopping_ || waiters_[i].deadline <= now || Settled(waiters_[i])) {
        work.settled.push_back(std::move(waiters_[i].done));
        waiters_.erase(waiters_.begin() + static_cast<ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
    return work;
  }

  void Run() {
    while (true) {
      Work work = Take();
      for (auto& done : work.settled) done();
      for (auto& [id, update] : work.send) Send(id, update);
      if (work.stop) return;
    }
  }

  void Send(const std::string& id, const ResourceUpdate& update) {
    runtime_.UpdateResources(id, update, [self = shared_from_this(), id, update](const absl::Status& status) {
      self->Answered(id, update, status);
    });
  }

  void Answered(const std::string& id, const ResourceUpdate& sent, const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    changed_ = true;
    Item& item = items_[id];
    item.in_flight = false;
    item.answered_once = !item.wanted.has_value();
    const bool retry = !status.ok() && !absl::IsNotFound(status) && !item.forgotten;
    if (retry) {
      Log().Warning("container {}: update failed, will be tried again: {}", id, Message(status));
      ResourceUpdate again = sent;
      if (item.wanted) Merge(again, *item.wanted);
      item.wanted = again;
      item.due = absl::Now() + item.delay;
      item.delay = std::min(item.delay * 2, options_.max_retry);
    }
    if (item.Idle()) items_.erase(id);
  }

  Runtime& runtime_;
  const UpdaterOptions options_;
  std::thread thread_;
  mutable absl::Mutex mutex_;
  std::map<std::string, Item> items_ ABSL_GUARDED_BY(mutex_);
  std::vector<Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;  // since the thread last looked
};

Updater::Updater(Runtime& runtime, UpdaterOptions options) : impl_(std::make_shared<Impl>(runtime, options)) {
  impl_->Start();
}

Updater::~Updater() { impl_->Stop(); }

void Updater::Update(const std::string& container_id, const ResourceUpdate& update) {
  impl_->Update(container_id, update);
}

void Updater::Forget(const std::string& container_id) { impl_->Forget(container_id); }

void Updater::WhenSettled(absl::Duration timeout, std::function<void()> done) {
  impl_->WhenSettled(timeout, std::move(done));
}

void Updater::Hold(const std::string& container_id, absl::Duration timeout, std::function<void()> ready) {
  impl_->Hold(container_id, timeout, std::move(ready));
}

void Updater::Unhold(const std::string& container_id) { impl_->Unhold(container_id); }

size_t Updater::Pending() const { return impl_->Pending(); }

}  // namespace crm::enforce
