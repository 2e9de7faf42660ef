#pragma once

#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace crm::kube {

/// The bearer token: fixed, or from a file that is read again when older than a minute, because service
/// account tokens rotate. A file that can not be read leaves the last token in force. Thread-safe.
class TokenSource {
 public:
  TokenSource(std::string token, std::string file) : file_(std::move(file)), token_(std::move(token)) {}

  std::string Current();  ///< "" none
  /// Reads the file at once, because the server refused `used`; whether the token is another one now.
  bool Refresh(const std::string& used);

 private:
  void ReadLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string file_;
  absl::Mutex mutex_;
  std::string token_ ABSL_GUARDED_BY(mutex_);
  absl::Time read_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace crm::kube
