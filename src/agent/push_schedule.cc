#include "agent/push_schedule.h"

#include <utility>

#include "base/status.h"

namespace crm::agent {

void PushSchedule::OnChange(ConfigData data, absl::Time now) {
  pending_ = std::move(data);
  due_ = now + timing_.delay;
}

void PushSchedule::OnDaemonBack(absl::Time now) {
  if (in_flight_) {
    back_ = true;  // the call may have died with the old connection, or goes out on the new one
  } else if (sent_ && (!pending_ || pending_ == sent_)) {
    pending_ = sent_;
    due_ = now;
  }
}

absl::Time PushSchedule::Due() const { return pending_ && !in_flight_ ? due_ : absl::InfiniteFuture(); }

std::optional<ConfigData> PushSchedule::Take(absl::Time now) {
  if (now < Due()) return std::nullopt;
  sent_ = std::exchange(pending_, std::nullopt);
  in_flight_ = true;
  back_ = false;
  return sent_;
}

void PushSchedule::OnResult(const absl::StatusOr<std::string>& result, absl::Time now) {
  in_flight_ = false;
  error_ = result.ok() ? *result : std::string(Message(result.status()));
  if (!result.ok() && error_.empty()) error_ = "the daemon could not be reached";
  if (result.ok() || pending_) return;
  pending_ = sent_;
  due_ = back_ ? now : now + timing_.retry;
}

}  // namespace crm::agent
