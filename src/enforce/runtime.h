#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/cpuset.h"
#include "model/container.h"

namespace crm::enforce {

/// New values for a running container; unset means keep.
struct ResourceUpdate {
  std::optional<CpuSet> cpus;
  std::optional<CpuSet> memory_nodes;
  std::optional<int64_t> cpu_shares;
};

struct RuntimeVersion {
  std::string name;
  std::string version;
};

/// A container as the runtime lists it.
struct ListedContainer {
  std::string id;
  std::string pod_id;
  std::string name;
  model::ContainerState state = model::ContainerState::kCreated;
  std::map<std::string, std::string> labels;
};

/// What we ask of the container runtime ourselves (spec 11 section 7.2, spec 10 section 4.7). Thread-safe.
/// Errors are the runtime's; an absent runtime is kUnavailable at once.
class Runtime {
 public:
  virtual ~Runtime() = default;

  virtual absl::StatusOr<RuntimeVersion> Version() = 0;
  /// Sandboxes with labels, annotations and, where the runtime tells it, cgroup parent and QoS class.
  virtual absl::StatusOr<std::vector<model::Pod>> ListPods() = 0;
  virtual absl::StatusOr<std::vector<ListedContainer>> ListContainers() = 0;
  /// What the container runs with, from the verbose status; NotFound when it is gone.
  virtual absl::StatusOr<model::LinuxResources> ContainerResources(const std::string& id) = 0;
  /// Does not block; `done` is called once, from any thread.
  virtual void UpdateResources(const std::string& id, const ResourceUpdate& update,
                               std::function<void(absl::Status)> done) = 0;
  /// Ends calls under way and all later ones with kCancelled: for a shutdown while the runtime hangs.
  virtual void Cancel() = 0;
};

struct CriRuntimeOptions {
  std::string socket;
  absl::Duration timeout = absl::Seconds(60);  ///< per call
};

/// The CRI v1 runtime behind a unix socket. Connects lazily and reconnects by itself.
std::unique_ptr<Runtime> ConnectCriRuntime(const CriRuntimeOptions& options);

}  // namespace crm::enforce
