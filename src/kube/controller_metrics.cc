#include "kube/controller_metrics.h"

#include <vector>

namespace crm::kube {
namespace {

const std::vector<double>& Bounds() {
  static const std::vector<double>& bounds = *new std::vector<double>{
      0.005, 0.01, 0.025, 0.05, 0.1,  0.15, 0.2,  0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6,
      0.7,   0.8,  0.9,   1,    1.25, 1.5,  1.75, 2,    2.5, 3,    3.5, 4,    4.5, 5,
      6,     7,    8,     9,    10,   15,   20,   25,   30,  40,   50,  60};
  return bounds;
}

}  // namespace

ControllerMetrics::ControllerMetrics(metrics::Registry& registry, const std::string& controller, int workers,
                                     const Clock& clock)
    : clock_(clock),
      errors_(registry
                  .Counters("controller_runtime_reconcile_errors_total",
                            "Total number of reconciliation errors per controller", {"controller"})
                  .With({controller})),
      panics_(registry
                  .Counters("controller_runtime_reconcile_panics_total",
                            "Total number of reconciliation panics per controller", {"controller"})
                  .With({controller})),
      seconds_(registry
                   .Histograms("controller_runtime_reconcile_time_seconds",
                               "Length of time per reconciliation per controller", {"controller"}, Bounds())
                   .With({controller})),
      active_(registry
                  .Gauges("controller_runtime_active_workers",
                          "Number of currently used workers per controller", {"controller"})
                  .With({controller})) {
  auto& totals =
      registry.Counters("controller_runtime_reconcile_total",
                        "Total number of reconciliations per controller", {"controller", "result"});
  results_[ReconcileResult::kSuccess] = &totals.With({controller, "success"});
  results_[ReconcileResult::kRequeue] = &totals.With({controller, "requeue"});
  results_[ReconcileResult::kRequeueAfter] = &totals.With({controller, "requeue_after"});
  results_[ReconcileResult::kError] = &totals.With({controller, "error"});
  registry
      .Gauges("controller_runtime_max_concurrent_reconciles",
              "Maximum number of concurrent reconciles per controller", {"controller"})
      .With({controller})
      .Set(workers);
}

ControllerMetrics::Run::Run(ControllerMetrics& metrics)
    : metrics_(metrics), started_(metrics.clock_.Monotonic()) {
  metrics_.active_.Add(1);
}

ControllerMetrics::Run::~Run() {
  if (!ended_) {
    metrics_.panics_.Increment();
    End(ReconcileResult::kError);
  }
}

void ControllerMetrics::Run::End(ReconcileResult result) {
  if (ended_) return;
  ended_ = true;
  metrics_.active_.Add(-1);
  metrics_.seconds_.Observe(absl::ToDoubleSeconds(metrics_.clock_.Monotonic() - started_));
  metrics_.results_.at(result)->Increment();
  if (result == ReconcileResult::kError) metrics_.errors_.Increment();
}

}  // namespace crm::kube
