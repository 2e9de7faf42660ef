#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "metrics/registry.h"

namespace crm::kube {

/// controller-runtime's metrics of one work queue; everything is a no-op without a registry. Thread-safe.
class WorkQueueMetrics {
 public:
  /// How long the keys in work have been so.
  struct Unfinished {
    absl::Duration sum;
    absl::Duration longest;
  };
  /// `unfinished` is asked at each scrape, until this is gone.
  WorkQueueMetrics(metrics::Registry* registry, const std::string& name,
                   std::function<Unfinished()> unfinished);

  void Added();
  void Depth(size_t depth);
  void Delayed();
  void Taken(size_t depth, absl::Duration waited);
  void Done(absl::Duration worked);

 private:
  metrics::Gauge* depth_ = nullptr;
  metrics::Counter* adds_ = nullptr;
  metrics::Counter* retries_ = nullptr;
  metrics::Histogram* queue_seconds_ = nullptr;
  metrics::Histogram* work_seconds_ = nullptr;
  std::shared_ptr<void> scrape_;
};

}  // namespace crm::kube
