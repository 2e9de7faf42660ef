#include "base/rate_limited_logger.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

namespace crm {
namespace {

constexpr size_t kLeastWindow = 32;

RateLimitedLogger::Limits Bounded(RateLimitedLogger::Limits limits) {
  limits.burst = std::max(limits.burst, 1);
  limits.window = std::max(limits.window, kLeastWindow);
  return limits;
}

}  // namespace

RateLimitedLogger::RateLimitedLogger(Logger logger, Limits limits, std::function<absl::Time()> now)
    : logger_(std::move(logger)), limits_(Bounded(limits)), now_(std::move(now)) {}

bool RateLimitedLogger::Log(LogLevel level, std::string_view text) {
  if (!Take(text)) return false;
  logger_.Log(level, fmt::format("<rate-limited> {}", text));
  return true;
}

bool RateLimitedLogger::Take(std::string_view text) {
  const absl::Time now = now_();
  absl::MutexLock lock(&mutex_);
  const auto known = by_text_.find(text);
  if (known == by_text_.end()) {
    if (buckets_.size() >= limits_.window) {
      by_text_.erase(buckets_.front().text);
      buckets_.pop_front();
    }
    buckets_.push_back({std::string(text), limits_.burst - 1.0, now});
    by_text_.emplace(buckets_.back().text, std::prev(buckets_.end()));
    return true;
  }
  Bucket& bucket = *known->second;
  const double earned =
      absl::FDivDuration(std::max(now - bucket.filled, absl::ZeroDuration()), limits_.interval);
  bucket.tokens = std::min<double>(bucket.tokens + earned, limits_.burst);
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace crm
