#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "kube/client.h"

namespace crm::gardener {

using kube::Json;

/// Tells an object's owner something through Kubernetes Events (core/v1). The same reason and message about
/// the same object is one Event: its name comes from their hash, so neither a resync nor a restart repeats
/// it, and it is renewed when it is about to expire. Failures to write are logged and otherwise ignored.
/// Thread-safe.
class EventRecorder {
 public:
  EventRecorder(kube::Client& client, std::string component, std::function<absl::Time()> now)
      : client_(client), component_(std::move(component)), now_(std::move(now)) {}

  /// Whether this was news, so that a log line is due too.
  bool Warn(const kube::Resource& resource, const Json& object, std::string_view kind,
            std::string_view reason, std::string_view message);

 private:
  kube::Client& client_;
  const std::string component_;
  const std::function<absl::Time()> now_;
  absl::Mutex mutex_;
  std::map<std::string, absl::Time> written_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace crm::gardener
