#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gardener/predicates.h"
#include "gardener/reconciler.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "kube/work_queue.h"

namespace crm::gardener {

/// Watches Extensions, the base ConfigMap and (in generation mode) Clusters, and lets workers reconcile what
/// they change through one queue keyed by namespace/name, so that no object is worked on twice at a time.
/// Spec 60 sections 4 and 9.
class Controller {
 public:
  struct Options {
    int workers = 1;
    Mode mode = Mode::kAnnotation;
    std::vector<std::string> classes = {"shoot"};
    std::string config_map_namespace;  ///< "" watches no base ConfigMap
    absl::Duration fan_out_interval =
        absl::Milliseconds(100);  ///< between two objects of a base ConfigMap change
  };
  Controller(kube::Client& client, Reconciler& reconciler, Options options);
  ~Controller();  ///< stops
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  void Start();
  /// Ends watches, lets workers finish the object they are at, and joins every thread.
  void Stop();
  /// All watches have delivered what existed.
  bool HasSynced() const;
  /// How long ago the watch that was silent longest heard of the server.
  absl::Duration Staleness() const;

 private:
  void FanOut(const std::string& why);
  void EnqueueOfCluster(const Json& cluster);
  void Work();

  const Options options_;
  Reconciler& reconciler_;
  kube::WorkQueue queue_;
  std::unique_ptr<kube::Informer> extensions_;
  std::unique_ptr<kube::Informer> config_maps_;  // nullptr without namespace
  std::unique_ptr<kube::Informer> clusters_;     // nullptr in operation annotation mode
  std::vector<std::thread> workers_;
};

}  // namespace crm::gardener
