#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace crm {

/// The clock seam: what measures time takes a Clock, so that tests turn it by hand. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  /// The time of day, for what is written down. It may jump.
  virtual absl::Time Now() const = 0;
  /// Time since an arbitrary moment, by a clock that nobody sets: for what is measured.
  virtual absl::Duration Monotonic() const = 0;
};

/// The machine's clocks. Never destroyed.
Clock& RealClock();

/// A clock that stands still until a test turns it.
class FakeClock : public Clock {
 public:
  /// Starts on 2024-05-01, 10:00 UTC.
  FakeClock();

  absl::Time Now() const override;
  absl::Duration Monotonic() const override;

  void Advance(absl::Duration by);
  void SetNow(absl::Time now);  ///< as an administrator does: Monotonic goes on undisturbed

 private:
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  absl::Duration monotonic_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace crm
