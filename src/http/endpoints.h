#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "http/message.h"
#include "http/router.h"

namespace crm::metrics {
class Registry;
}

namespace crm::http {

/// What /healthz or /readyz looks at: named checks, all of which must be OK. Thread-safe; checks may be added
/// while it serves.
class HealthChecks {
 public:
  using Check = std::function<absl::Status()>;

  void Add(const std::string& name, Check check);
  /// Kubernetes' form. 200 "ok"; 500 with a line a check when one fails, and with `?verbose`. `?exclude=name`
  /// leaves one out.
  Response Answer(const std::string& path, const Request& request) const;

 private:
  mutable absl::Mutex mutex_;
  std::map<std::string, Check> checks_ ABSL_GUARDED_BY(mutex_);
};

/// GET `path` by `checks`, and `path`/NAME by one of them. `checks` outlive the server.
void ServeHealth(Router& router, const std::string& path, const HealthChecks& checks);

/// GET /metrics: the registry's text. `registry` outlives the server.
void ServeMetrics(Router& router, metrics::Registry& registry);

}  // namespace crm::http
