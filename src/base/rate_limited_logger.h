#pragma once

#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/log.h"

namespace crm {

/// A logger for texts that may come in floods: each distinct text at most `burst` times at once and then once
/// an `interval`. Remembers the last `window` distinct texts. Thread-safe. Spec 10 section 10.4.
class RateLimitedLogger {
 public:
  struct Limits {
    absl::Duration interval = absl::Minutes(1);
    int burst = 1;        ///< at least 1
    size_t window = 256;  ///< at least 32
  };

  RateLimitedLogger(Logger logger, Limits limits, std::function<absl::Time()> now = absl::Now);

  /// Writes "<rate-limited> TEXT", or nothing; returns whether it did.
  bool Log(LogLevel level, std::string_view text);

 private:
  struct Bucket {
    std::string text;
    double tokens = 0;
    absl::Time filled;
  };

  bool Take(std::string_view text);

  const Logger logger_;
  const Limits limits_;
  const std::function<absl::Time()> now_;
  absl::Mutex mutex_;
  std::list<Bucket> buckets_ ABSL_GUARDED_BY(mutex_);  // the oldest text first
  std::map<std::string_view, std::list<Bucket>::iterator> by_text_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace crm
