#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <set>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "base/status.h"
#include "cri/runtime/v1/api.pb.h"
#include "enforce/runtime.h"
#include "nlohmann/json.hpp"

namespace crm::enforce {
namespace {

namespace v1 = runtime::v1;
using Json = nlohmann::json;

constexpr char kService[] = "/runtime.v1.RuntimeService/";
constexpr absl::Duration kVersionTimeout = absl::Seconds(5);

// One call under way: owns all that gRPC needs until the callback.
struct Call {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
};

absl::Status FromGrpc(const grpc::Status& status, const char* method) {
  if (status.ok()) return absl::OkStatus();
  return Error(static_cast<absl::StatusCode>(status.error_code()), "runtime {}: {}", method,
               status.error_message());
}

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

template <typename Map>
std::map<std::string, std::string> ToMap(const Map& from) {
  return {from.begin(), from.end()};
}

// The cgroup parent from the verbose sandbox status: containerd's config, else CRI-O's annotation; "" when
// neither is there or the JSON is not what we know (spec 11 section 9, [D-25]).
std::string CgroupParent(const std::string& info) {
  const Json json = Json::parse(info, nullptr, /*allow_exceptions=*/false);
  const auto string_at = [&](const Json::json_pointer& pointer) -> std::string {
    if (!json.is_object() || !json.contains(pointer) || !json.at(pointer).is_string()) return "";
    return json.at(pointer);
  };
  std::string parent = string_at(Json::json_pointer("/config/linux/cgroup_parent"));
  if (!parent.empty()) return parent;
  return string_at(Json::json_pointer("/runtimeSpec/annotations/io.kubernetes.cri-o.CgroupParent"));
}

// Resources from the OCI spec in the verbose container status.
model::LinuxResources SpecResources(const std::string& info) {
  model::LinuxResources resources;
  const Json json = Json::parse(info, nullptr, /*allow_exceptions=*/false);
  const Json::json_pointer at("/runtimeSpec/linux/resources");
  if (!json.is_object() || !json.contains(at)) return resources;
  const Json& oci = json.at(at);
  const auto number = [&](const char* pointer, int64_t& into) {
    const Json::json_pointer path(pointer);
    if (oci.is_object() && oci.contains(path) && oci.at(path).is_number_integer()) into = oci.at(path);
  };
  number("/cpu/shares", resources.cpu_shares);
  number("/cpu/quota", resources.cpu_quota);
  number("/cpu/period", resources.cpu_period);
  number("/memory/limit", resources.memory_limit_bytes);
  const Json::json_pointer score("/runtimeSpec/process/oomScoreAdj");
  if (json.contains(score) && json.at(score).is_number_integer()) resources.oom_score_adj = json.at(score);
  return resources;
}

class CriRuntime : public Runtime {
 public:
  explicit CriRuntime(const CriRuntimeOptions& options) : timeout_(options.timeout) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetMaxSendMessageSize(-1);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 3000);
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
    channel_ =
        grpc::CreateCustomChannel("unix:" + options.socket, grpc::InsecureChannelCredentials(), arguments);
    stub_ = std::make_unique<grpc::GenericStub>(channel_);
  }

  absl::StatusOr<RuntimeVersion> Version() override {
    v1::VersionRequest request;
    request.set_version("0.1.0");
    v1::VersionResponse response;
    // Asked while waiting for the runtime, and the answer takes no work.
    CRM_RETURN_IF_ERROR(Do("Version", request, response, std::min(timeout_, kVersionTimeout)));
    return RuntimeVersion{response.runtime_name(), response.runtime_version()};
  }

  absl::StatusOr<std::vector<model::Pod>> ListPods() override {
    v1::ListPodSandboxResponse list;
    CRM_RETURN_IF_ERROR(Do("ListPodSandbox", v1::ListPodSandboxRequest(), list));
    std::vector<model::Pod> pods;
    for (const v1::PodSandbox& item : list.items()) {
      model::Pod pod;
      pod.id = item.id();
      pod.uid = item.metadata().uid();
      pod.name = item.metadata().name();
      pod.ns = item.metadata().namespace_();
      pod.labels = ToMap(item.labels());
      pod.annotations = ToMap(item.annotations());
      v1::PodSandboxStatusRequest request;
      request.set_pod_sandbox_id(item.id());
      request.set_verbose(true);
      v1::PodSandboxStatusResponse status;
      const absl::Status got = Do("PodSandboxStatus", request, status);
      if (absl::IsNotFound(got)) continue;  // removed meanwhile
      CRM_RETURN_IF_ERROR(got);
      if (const auto info = status.info().find("info"); info != status.info().end()) {
        pod.cgroup_parent = CgroupParent(info->second);
      }
      pod.qos = model::QosFromCgroupParent(pod.cgroup_parent);
      pods.push_back(std::move(pod));
    }
    return pods;
  }

  absl::StatusOr<std::vector<ListedContainer>> ListContainers() override {
    v1::ListContainersResponse list;
    CRM_RETURN_IF_ERROR(Do("ListContainers", v1::ListContainersRequest(), list));
    std::vector<ListedContainer> containers;
    for (const v1::Container& item : list.containers()) {
      ListedContainer listed;
      listed.id = item.id();
      listed.pod_id = item.pod_sandbox_id();
      listed.name = item.metadata().name();
      listed.labels = ToMap(item.labels());
      listed.state = item.state() == v1::CONTAINER_RUNNING   ? model::ContainerState::kRunning
                     : item.state() == v1::CONTAINER_CREATED ? model::ContainerState::kCreated
                                                             : model::ContainerState::kExited;
      containers.push_back(std::move(listed));
    }
    return containers;
  }

  absl::StatusOr<model::LinuxResources> ContainerResources(const std::string& id) override {
    v1::ContainerStatusRequest request;
    request.set_container_id(id);
    request.set_verbose(true);
    v1::ContainerStatusResponse response;
    CRM_RETURN_IF_ERROR(Do("ContainerStatus", request, response));
    const auto info = response.info().find("info");
    return info == response.info().end() ? model::LinuxResources() : SpecResources(info->second);
  }

  void UpdateResources(const std::string& id, const ResourceUpdate& update,
                       std::function<void(absl::Status)> done) override {
    v1::UpdateContainerResourcesRequest request;
    request.set_container_id(id);
    v1::LinuxContainerResources* linux_resources = request.mutable_linux();
    if (update.cpus) linux_resources->set_cpuset_cpus(update.cpus->ToString());
    if (update.memory_nodes) linux_resources->set_cpuset_mems(update.memory_nodes->ToListString());
    if (update.cpu_shares) linux_resources->set_cpu_shares(*update.cpu_shares);
    Start("UpdateContainerResources", request.SerializeAsString(), timeout_,
          [done = std::move(done)](absl::Status status, const std::string&) { done(std::move(status)); });
  }

  void Cancel() override {
    std::vector<std::shared_ptr<Call>> calls;
    {
      absl::MutexLock lock(&mutex_);
      cancelled_ = true;
      calls.assign(calls_.begin(), calls_.end());
    }
    for (const std::shared_ptr<Call>& call : calls) call->context.TryCancel();
  }

 private:
  using Done = std::function<void(absl::Status, const std::string& response)>;

  void Start(const char* method, const std::string& bytes, absl::Duration timeout, Done done) {
    auto call = std::make_shared<Call>();
    {
      absl::MutexLock lock(&mutex_);
      if (!cancelled_) calls_.insert(call);
    }
    if (Cancelled()) {
      End(call);
      return done(absl::CancelledError(fmt::format("runtime {}: cri-resmgr is ending", method)), "");
    }
    call->context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    const grpc::Slice slice(bytes);
    call->request = grpc::ByteBuffer(&slice, 1);
    channel_->GetState(/*try_to_connect=*/true);
    stub_->UnaryCall(&call->context, kService + std::string(method), grpc::StubOptions(), &call->request,
                     &call->response,
                     [this, call, method, done = std::move(done)](const grpc::Status& status) {
                       const absl::Status result = FromGrpc(status, method);
                       const std::string answer = Bytes(call->response);
                       End(call);  // `this` may be gone once `done` has run
                       done(result, answer);
                     });
  }

  bool Cancelled() {
    absl::MutexLock lock(&mutex_);
    return cancelled_;
  }

  void End(const std::shared_ptr<Call>& call) {
    absl::MutexLock lock(&mutex_);
    calls_.erase(call);
  }

  template <typename Request, typename Response>
  absl::Status Do(const char* method, const Request& request, Response& response) {
    return Do(method, request, response, timeout_);
  }

  template <typename Request, typename Response>
  absl::Status Do(const char* method, const Request& request, Response& response, absl::Duration timeout) {
    absl::Notification finished;
    absl::Status result;
    std::string bytes;
    Start(method, request.SerializeAsString(), timeout, [&](absl::Status status, const std::string& answer) {
      result = std::move(status);
      bytes = answer;
      finished.Notify();
    });
    finished.WaitForNotification();
    CRM_RETURN_IF_ERROR(result);
    if (!response.ParseFromString(bytes)) return Internal("runtime {}: answer is no valid message", method);
    return absl::OkStatus();
  }

  const absl::Duration timeout_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
  absl::Mutex mutex_;
  std::set<std::shared_ptr<Call>> calls_ ABSL_GUARDED_BY(mutex_);  // under way
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<Runtime> ConnectCriRuntime(const CriRuntimeOptions& options) {
  return std::make_unique<CriRuntime>(options);
}

}  // namespace crm::enforce
