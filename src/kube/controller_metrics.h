#pragma once

#include <map>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "metrics/registry.h"

namespace crm::kube {

/// How a reconciliation ended, as controller-runtime counts it.
enum class ReconcileResult { kSuccess, kRequeue, kRequeueAfter, kError };

/// controller-runtime's metrics of one controller, so that its dashboards work. Thread-safe.
class ControllerMetrics {
 public:
  /// `registry` outlives this. All series exist from the start.
  ControllerMetrics(metrics::Registry& registry, const std::string& controller, int workers,
                    const Clock& clock = RealClock());

  /// One reconciliation, from its construction to End; without End it counts as an error (an exception).
  class Run {
   public:
    explicit Run(ControllerMetrics& metrics);
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    void End(ReconcileResult result);

   private:
    ControllerMetrics& metrics_;
    const absl::Duration started_;
    bool ended_ = false;
  };

 private:
  const Clock& clock_;
  std::map<ReconcileResult, metrics::Counter*> results_;
  metrics::Counter& errors_;
  metrics::Counter& panics_;
  metrics::Histogram& seconds_;
  metrics::Gauge& active_;
};

}  // namespace crm::kube
