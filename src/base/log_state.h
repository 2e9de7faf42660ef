#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/log_settings.h"

namespace crm {

/// What the parts of the logging share; for them only.
struct LogState {
  absl::Mutex mutex;
  LogFormat format ABSL_GUARDED_BY(mutex) = LogFormat::kKlog;
  LogLevel least ABSL_GUARDED_BY(mutex) = LogLevel::kInfo;
  std::map<std::string, bool, std::less<>> debug ABSL_GUARDED_BY(mutex);  ///< "*" for the rest
  LogSettings settings ABSL_GUARDED_BY(mutex);
  size_t longest_source ABSL_GUARDED_BY(mutex) = 0;
  bool forced ABSL_GUARDED_BY(mutex) = false;
  std::atomic<bool> any_debug = false;  ///< false: nobody has to look at the rules

  void UpdateAnyDebug() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
};

LogState& GlobalLogState();

}  // namespace crm
