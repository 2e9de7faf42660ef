#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gardener/configs.h"
#include "gardener/events.h"
#include "gardener/image_vector.h"
#include "gardener/managed_resource.h"
#include "gardener/provider_config.h"

namespace crm::gardener {

/// What an operation does for one Extension; every method is idempotent. `cluster` is nullptr when there is
/// none. An error may carry codes and a delay, StillWaiting means that the operation goes on (errors.h).
class Actuator {
 public:
  virtual ~Actuator() = default;
  virtual absl::Status Reconcile(const Json& extension, const Json* cluster) = 0;
  virtual absl::Status Delete(const Json& extension, const Json* cluster) = 0;
  virtual absl::Status ForceDelete(const Json& extension) = 0;
  virtual absl::Status Migrate(const Json& extension) = 0;
};

/// Hands what runs on shoot nodes to the gardener-resource-manager. Success means handed over: nobody waits
/// for nodes, because reconciling precedes their creation. Thread-safe. Spec 60 section 5.
class InstallationActuator : public Actuator {
 public:
  struct Options {
    std::string config_map_namespace;  ///< "" no base configurations
    std::function<absl::Time()> now = [] { return absl::Now(); };
  };
  InstallationActuator(kube::Client& client, ImageVectorFile& images, Options options);

  absl::Status Reconcile(const Json& extension, const Json* cluster) override;
  absl::Status Delete(const Json& extension, const Json* cluster) override;
  absl::Status ForceDelete(const Json& extension) override;
  absl::Status Migrate(const Json& extension) override;

 private:
  absl::StatusOr<Texts> ReadBaseConfigs();
  absl::StatusOr<DeliverableConfigs> Configs(const Json& extension, const ProviderConfig& config);
  absl::Status KeepDelivered(const std::string& ns, const std::set<std::string>& names,
                             DeliverableConfigs* configs);
  /// StillWaiting until it is gone, an error when that takes longer than `patience`.
  absl::Status Gone(const Json& extension, std::string_view managed_resource, absl::Duration patience);
  absl::Duration WaitedFor(const Json& extension, std::string_view managed_resource);
  void StopWaiting(const Json& extension, std::string_view managed_resource);

  kube::Client& client_;
  ImageVectorFile& images_;
  const Options options_;
  ManagedResources managed_resources_;
  EventRecorder events_;
  BaseConfigs base_configs_;
  absl::Mutex mutex_;
  std::map<std::string, absl::Time> waiting_since_ ABSL_GUARDED_BY(mutex_);
};

/// The images of the agent for the shoot's Kubernetes version: one for all nodes, or one per architecture of
/// the worker pools where they differ. Pure. Spec 60 section 8, 61 section 11.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ImagesPerArchitecture(
    const ImageVector& images, std::string_view name, const Json* cluster);

}  // namespace crm::gardener
