#include "doors/cri/messages.h"

#include "base/status.h"
#include "cri/runtime/v1/api.pb.h"

namespace crm::doors::cri {
namespace {

namespace v1 = runtime::v1;

template <typename Message>
absl::Status Parse(const std::string& bytes, Message& message) {
  if (message.ParseFromString(bytes)) return absl::OkStatus();
  return InvalidArgument("cannot decode {} of {} bytes", message.GetTypeName(), bytes.size());
}

model::Pod PodFromConfig(const v1::PodSandboxConfig& config) {
  model::Pod pod;
  pod.uid = config.metadata().uid();
  pod.name = config.metadata().name();
  pod.ns = config.metadata().namespace_();
  pod.cgroup_parent = config.linux().cgroup_parent();
  pod.qos = model::QosFromCgroupParent(pod.cgroup_parent);
  pod.labels = {config.labels().begin(), config.labels().end()};
  pod.annotations = {config.annotations().begin(), config.annotations().end()};
  return pod;
}

model::LinuxResources FromProto(const v1::LinuxContainerResources& from) {
  model::LinuxResources to;
  to.cpu_period = from.cpu_period();
  to.cpu_quota = from.cpu_quota();
  to.cpu_shares = from.cpu_shares();
  to.memory_limit_bytes = from.memory_limit_in_bytes();
  to.oom_score_adj = from.oom_score_adj();
  to.cpuset_cpus = from.cpuset_cpus();
  to.cpuset_mems = from.cpuset_mems();
  return to;
}

// False when the assignment decides nothing.
bool ToProto(const placement::Assignment& from, v1::LinuxContainerResources& to) {
  if (from.cpus) to.set_cpuset_cpus(from.cpus->ToString());
  if (from.memory_nodes) to.set_cpuset_mems(from.memory_nodes->ToListString());
  if (from.cpu_shares) to.set_cpu_shares(*from.cpu_shares);
  return from.cpus || from.memory_nodes || from.cpu_shares;
}

}  // namespace

absl::StatusOr<model::Pod> DecodeRunPodSandbox(const std::string& request) {
  v1::RunPodSandboxRequest message;
  CRM_RETURN_IF_ERROR(Parse(request, message));
  return PodFromConfig(message.config());
}

absl::StatusOr<std::string> DecodePodSandboxId(const std::string& response) {
  v1::RunPodSandboxResponse message;
  CRM_RETURN_IF_ERROR(Parse(response, message));
  return message.pod_sandbox_id();
}

absl::StatusOr<CreateContainerRequest> DecodeCreateContainer(const std::string& request) {
  v1::CreateContainerRequest message;
  CRM_RETURN_IF_ERROR(Parse(request, message));
  if (message.pod_sandbox_id().empty() || message.config().metadata().name().empty()) {
    return InvalidArgument("CreateContainerRequest without pod_sandbox_id or config.metadata.name");
  }
  CreateContainerRequest decoded;
  decoded.pod = PodFromConfig(message.sandbox_config());
  decoded.pod.id = message.pod_sandbox_id();
  decoded.container.pod_id = message.pod_sandbox_id();
  decoded.container.name = message.config().metadata().name();
  decoded.container.ns = decoded.pod.ns;
  decoded.container.labels = {message.config().labels().begin(), message.config().labels().end()};
  decoded.container.asked = FromProto(message.config().linux().resources());
  return decoded;
}

absl::StatusOr<std::string> DecodeContainerId(const std::string& response) {
  v1::CreateContainerResponse message;
  CRM_RETURN_IF_ERROR(Parse(response, message));
  return message.container_id();
}

std::string CreateContainerOverlay(const placement::Assignment& assignment) {
  v1::CreateContainerRequest overlay;
  if (!ToProto(assignment, *overlay.mutable_config()->mutable_linux()->mutable_resources())) return "";
  return overlay.SerializeAsString();
}

absl::StatusOr<std::string> DecodeId(const std::string& request) {
  v1::StartContainerRequest message;
  CRM_RETURN_IF_ERROR(Parse(request, message));
  return message.container_id();
}

absl::StatusOr<UpdateRequest> DecodeUpdate(const std::string& request) {
  v1::UpdateContainerResourcesRequest message;
  CRM_RETURN_IF_ERROR(Parse(request, message));
  return UpdateRequest{message.container_id(), FromProto(message.linux())};
}

std::string UpdateOverlay(const placement::Assignment& assignment) {
  v1::UpdateContainerResourcesRequest overlay;
  if (!ToProto(assignment, *overlay.mutable_linux())) return "";
  return overlay.SerializeAsString();
}

bool IsFullList(const std::string& request) {
  v1::ListContainersRequest message;
  if (!message.ParseFromString(request)) return false;
  const v1::ContainerFilter& filter = message.filter();
  return filter.id().empty() && !filter.has_state() && filter.pod_sandbox_id().empty() &&
         filter.label_selector().empty();
}

absl::StatusOr<std::vector<enforce::ListedContainer>> DecodeList(const std::string& response) {
  v1::ListContainersResponse message;
  CRM_RETURN_IF_ERROR(Parse(response, message));
  std::vector<enforce::ListedContainer> containers;
  containers.reserve(static_cast<size_t>(message.containers_size()));
  for (const v1::Container& item : message.containers()) {
    enforce::ListedContainer listed;
    listed.id = item.id();
    listed.pod_id = item.pod_sandbox_id();
    listed.name = item.metadata().name();
    listed.state = item.state() == v1::CONTAINER_RUNNING   ? model::ContainerState::kRunning
                   : item.state() == v1::CONTAINER_CREATED ? model::ContainerState::kCreated
                                                           : model::ContainerState::kExited;
    containers.push_back(std::move(listed));
  }
  return containers;
}

}  // namespace crm::doors::cri
