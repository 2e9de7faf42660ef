#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace crm::model {

enum class QosClass { kGuaranteed, kBurstable, kBestEffort, kUnknown };

std::string_view QosClassName(QosClass qos);

/// The class that a pod's cgroup parent tells: spec 20 section 14.1, spec 10 section 5.3 [D-30]. Paths of the
/// cgroupfs and the systemd driver, with roots of any depth. "" is kUnknown; callers then look at the
/// resources.
QosClass QosFromCgroupParent(std::string_view cgroup_parent);

/// What a container asks for, as Kubernetes counts it. Absent means not stated.
struct Requirements {
  std::optional<int64_t> cpu_request_milli;
  std::optional<int64_t> cpu_limit_milli;
  std::optional<int64_t> memory_request_bytes;
  std::optional<int64_t> memory_limit_bytes;
};

/// CRI LinuxContainerResources as asked for by the client (zero: not stated).
struct LinuxResources {
  int64_t cpu_period = 0;  ///< us
  int64_t cpu_quota = 0;   ///< us
  int64_t cpu_shares = 0;
  int64_t memory_limit_bytes = 0;
  int64_t oom_score_adj = 0;
  std::string cpuset_cpus;
  std::string cpuset_mems;
};

/// Estimates the requirements from the CRI request: spec 10 section 5.5 (c) with [D-31] and [D-32].
/// `machine_memory` is the node's memory in bytes, for the inverse of the kubelet's OOM score.
Requirements EstimateRequirements(const LinuxResources& resources, QosClass qos, int64_t machine_memory);

enum class ContainerState { kCreating, kCreated, kRunning, kExited };

struct Pod {
  std::string id;  ///< sandbox id of the runtime
  std::string uid;
  std::string name;
  std::string ns;
  std::string cgroup_parent;
  QosClass qos = QosClass::kUnknown;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
};

struct Container {
  /// "<pod uid>:<container name>": stays the same when the runtime's id changes with a restart of the
  /// container.
  std::string cache_id;
  std::string id;      ///< the runtime's id; "" until it is created
  std::string pod_id;  ///< sandbox id
  std::string name;
  std::string ns;
  ContainerState state = ContainerState::kCreating;
  std::map<std::string, std::string> labels;
  LinuxResources asked;
  Requirements requirements;  ///< what policies go by: of an adjustment, an annotation, or estimated
  bool resized = false;       ///< `asked` is newer than what the pod's annotations say
  std::map<std::string, std::string> tags;
  std::string adjustment;  ///< name of the external adjustment in effect, "" for none
  std::string rdt_class;   ///< "/PodQos" stands for the class of the pod's QoS
  std::string blockio_class;
  std::optional<int64_t> toptier_limit_bytes;
};

/// "<pod name>:<container name>", how people and logs call a container.
std::string PrettyName(const Pod& pod, const Container& container);

/// The pod annotation in effect for one container: `key/container.NAME`, then `key/pod`, then `key`; the
/// first that is present wins. Spec 20 section 13.9. Nullptr when there is none; valid as long as `pod`.
const std::string* EffectiveAnnotation(const Pod& pod, std::string_view key, std::string_view container);

/// The domain of our annotation keys.
inline constexpr std::string_view kAnnotationDomain = "cri-resource-manager.intel.com";

}  // namespace crm::model
