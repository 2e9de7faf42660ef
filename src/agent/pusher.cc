#include "agent/pusher.h"

#include <utility>

#include "absl/time/clock.h"
#include "base/status.h"

namespace crm::agent {

Pusher::Pusher(PushTiming timing, SendConfig send) : send_(std::move(send)), schedule_(timing) {
  thread_ = std::thread([this] { Run(); });
}

Pusher::~Pusher() { Stop(); }

void Pusher::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Pusher::Push(Choice choice) {
  log_.Info("configuration from {} ({}, {} keys) waits for delivery", choice.source, choice.map_name,
            choice.data.size());
  absl::MutexLock lock(&mutex_);
  source_ = std::move(choice.source);
  schedule_.OnChange(std::move(choice.data), absl::Now());
  changed_ = true;
}

void Pusher::OnDaemonBack() {
  absl::MutexLock lock(&mutex_);
  schedule_.OnDaemonBack(absl::Now());
  changed_ = true;
}

std::string Pusher::ConfigStatus() const {
  absl::MutexLock lock(&mutex_);
  return schedule_.error().empty() ? "" : "configuration error: " + schedule_.error();
}

void Pusher::Run() {
  while (true) {
    ConfigData data;
    std::string source;
    {
      absl::MutexLock lock(&mutex_);
      const auto wake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return changed_ || stopped_; };
      mutex_.AwaitWithDeadline(absl::Condition(&wake), schedule_.Due());
      changed_ = false;
      if (stopped_) return;
      std::optional<ConfigData> taken = schedule_.Take(absl::Now());
      if (!taken) continue;
      data = *std::move(taken);
      source = source_;
    }
    const absl::StatusOr<std::string> result = send_(data);
    absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    schedule_.OnResult(result, absl::Now());
    if (!result.ok()) {
      log_.Warning("configuration from {} was not delivered: {}", source, Message(result.status()));
    } else if (!result->empty()) {
      log_.Error("configuration from {} was refused: {}", source, *result);
    } else {
      log_.Info("configuration from {} is in force", source);
    }
  }
}

}  // namespace crm::agent
