#pragma once

#include <algorithm>
#include <chrono>

#include "absl/time/time.h"
#include "kube/client.h"

namespace crm::kube {

/// When a blocking network operation gives up: kDeadlineExceeded at the deadline (of a clock that nobody
/// sets), kCancelled soon after the cancellation (nullptr: none).
struct CallLimits {
  std::chrono::steady_clock::time_point deadline;
  Cancellation* cancellation = nullptr;
};

inline CallLimits LimitsAfter(absl::Duration timeout, Cancellation* cancellation = nullptr) {
  // A year stands for ever: an infinite duration would overflow the clock's type.
  timeout = std::min(timeout, absl::Hours(24 * 365));
  return {std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout), cancellation};
}

}  // namespace crm::kube
