#pragma once

#include <algorithm>
#include <random>

#include "absl/time/time.h"

namespace crm::kube {

/// How long to wait after the n-th failure in a row: doubles from min to max; each wait is between half and
/// the whole of it, so that many clients do not come in step. For one thread.
class Backoff {
 public:
  Backoff(absl::Duration min, absl::Duration max) : min_(min), max_(std::max(min, max)), next_(min) {}

  absl::Duration Next() {
    const absl::Duration delay = next_;
    next_ = std::min(next_ * 2, max_);
    return delay * std::uniform_real_distribution<double>(0.5, 1.0)(engine_);
  }
  void Reset() { next_ = min_; }

 private:
  const absl::Duration min_;
  const absl::Duration max_;
  absl::Duration next_;
  std::minstd_rand engine_{std::random_device{}()};
};

}  // namespace crm::kube
