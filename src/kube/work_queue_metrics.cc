#include "kube/work_queue_metrics.h"

#include <utility>
#include <vector>

namespace crm::kube {

WorkQueueMetrics::WorkQueueMetrics(metrics::Registry* registry, const std::string& name,
                                   std::function<Unfinished()> unfinished) {
  if (registry == nullptr) return;
  const std::vector<std::string> labels = {"name"};
  const std::vector<double> bounds = metrics::ExponentialBounds(1e-8, 10, 12);
  depth_ = &registry->Gauges("workqueue_depth", "Current depth of workqueue", labels).With({name});
  adds_ = &registry->Counters("workqueue_adds_total", "Total number of adds handled by workqueue", labels)
               .With({name});
  retries_ =
      &registry->Counters("workqueue_retries_total", "Total number of retries handled by workqueue", labels)
           .With({name});
  queue_seconds_ = &registry
                        ->Histograms("workqueue_queue_duration_seconds",
                                     "How long in seconds an item stays in workqueue before being requested",
                                     labels, bounds)
                        .With({name});
  work_seconds_ =
      &registry
           ->Histograms("workqueue_work_duration_seconds",
                        "How long in seconds processing an item from workqueue takes", labels, bounds)
           .With({name});
  metrics::Gauge& sum =
      registry
          ->Gauges("workqueue_unfinished_work_seconds",
                   "How many seconds of work is in progress that work_duration_seconds has not observed yet",
                   labels)
          .With({name});
  metrics::Gauge& longest =
      registry
          ->Gauges("workqueue_longest_running_processor_seconds",
                   "How many seconds the longest running processor has been running", labels)
          .With({name});
  scrape_ = registry->OnScrape([&sum, &longest, unfinished = std::move(unfinished)] {
    const Unfinished now = unfinished();
    sum.Set(absl::ToDoubleSeconds(now.sum));
    longest.Set(absl::ToDoubleSeconds(now.longest));
  });
}

void WorkQueueMetrics::Added() {
  if (adds_ != nullptr) adds_->Increment();
}

void WorkQueueMetrics::Depth(size_t depth) {
  if (depth_ != nullptr) depth_->Set(static_cast<double>(depth));
}

void WorkQueueMetrics::Delayed() {
  if (retries_ != nullptr) retries_->Increment();
}

void WorkQueueMetrics::Taken(size_t depth, absl::Duration waited) {
  if (queue_seconds_ == nullptr) return;
  Depth(depth);
  queue_seconds_->Observe(absl::ToDoubleSeconds(waited));
}

void WorkQueueMetrics::Done(absl::Duration worked) {
  if (work_seconds_ != nullptr) work_seconds_->Observe(absl::ToDoubleSeconds(worked));
}

}  // namespace crm::kube
