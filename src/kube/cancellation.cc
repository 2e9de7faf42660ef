#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include "absl/time/clock.h"
#include "kube/client.h"

namespace crm::kube {

struct Cancellation::Impl {
  // Held while callbacks run, so that unregistering waits for them; recursive, because a callback may drop
  // its own handle.
  std::recursive_mutex callbacks_mutex;
  std::map<uint64_t, std::function<void()>> callbacks;
  uint64_t next_id = 0;

  std::mutex state_mutex;
  std::condition_variable changed;
  std::atomic<bool> cancelled{false};
};

Cancellation::Cancellation() : impl_(std::make_shared<Impl>()) {}
Cancellation::~Cancellation() = default;

void Cancellation::Cancel() {
  {
    std::lock_guard lock(impl_->state_mutex);
    impl_->cancelled = true;
  }
  impl_->changed.notify_all();
  std::lock_guard lock(impl_->callbacks_mutex);
  while (!impl_->callbacks.empty()) {
    std::function<void()> callback = std::move(impl_->callbacks.begin()->second);
    impl_->callbacks.erase(impl_->callbacks.begin());
    callback();
  }
}

bool Cancellation::cancelled() const { return impl_->cancelled; }

bool Cancellation::WaitFor(absl::Duration timeout) const {
  std::unique_lock lock(impl_->state_mutex);
  // An infinite wait would overflow the clock's type.
  return impl_->changed.wait_for(lock, absl::ToChronoNanoseconds(std::min(timeout, absl::Hours(24 * 365))),
                                 [this] { return impl_->cancelled.load(); });
}

std::shared_ptr<void> Cancellation::OnCancel(std::function<void()> callback) {
  std::lock_guard lock(impl_->callbacks_mutex);
  if (impl_->cancelled) {
    callback();
    return nullptr;
  }
  uint64_t id = impl_->next_id++;
  impl_->callbacks.emplace(id, std::move(callback));
  return std::shared_ptr<void>(nullptr, [impl = impl_, id](void*) {
    std::lock_guard unregister_lock(impl->callbacks_mutex);
    impl->callbacks.erase(id);
  });
}

}  // namespace crm::kube
