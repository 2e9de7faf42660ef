// Plays the kubelet for one pod at a time: runs and removes pods through a CRI socket, as a kubelet with the
// cgroupfs driver would ask for them. For tests and demonstrations on machines without a kubelet.
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>

#include "absl/time/time.h"
#include "base/flags.h"
#include "base/quantity.h"
#include "base/status.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "podctl.pb.h"

namespace {

namespace cri = runtime::v1;

// Exit statuses; the story tells them apart as a kubelet does.
constexpr int kDone = 0;
constexpr int kRefused = 1;  // the runtime's "no", its text on stderr
constexpr int kUsage = 2;
constexpr int kUnavailable = 3;  // nobody answered, or the connection broke: worth another try

constexpr char kHelp[] =
    "Plays the kubelet for one pod with one container.\n\n"
    "  podctl version                  the runtime's answer, as JSON\n"
    "  podctl run --name N [...]       runs a pod; prints {\"pod\": sandbox id, \"container\": container "
    "id}\n"
    "  podctl remove --name N [...]    stops and removes every sandbox of that pod; none is fine\n\n"
    "Exit status: 0 done, 1 refused by the runtime, 2 bad command line, 3 runtime not reachable.";

struct Options {
  std::string socket;
  std::string name;
  std::string pod_namespace = "default";
  std::string qos = "BestEffort";
  std::string cpu = "0";
  std::string memory = "0";
  std::string image;
  std::string cgroup_root = "/";
  absl::Duration timeout = absl::Seconds(60);
};

/// One runtime. Each call has the timeout of the options.
class Runtime {
 public:
  explicit Runtime(const Options& options) : timeout_(options.timeout) {
    grpc::ChannelArguments arguments;
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
    channel_ =
        grpc::CreateCustomChannel("unix:" + options.socket, grpc::InsecureChannelCredentials(), arguments);
  }

  template <typename Request, typename Response>
  grpc::Status Call(const char* method, const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout_));
    const std::string path = fmt::format("/runtime.v1.RuntimeService/{}", method);
    const grpc::internal::RpcMethod rpc(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
    const grpc::Status status =
        grpc::internal::BlockingUnaryCall(channel_.get(), rpc, &context, request, response);
    if (status.ok()) return status;
    return {status.error_code(), fmt::format("{}: {}", method, status.error_message())};
  }

 private:
  absl::Duration timeout_;
  std::shared_ptr<grpc::Channel> channel_;
};

int Fail(const grpc::Status& status) {
  std::fprintf(stderr, "%s\n", status.error_message().c_str());
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return kUnavailable;
    default:
      return kRefused;
  }
}

int64_t MemoryTotalBytes() {
  std::ifstream meminfo("/proc/meminfo");
  std::string key;
  int64_t kib = 0;
  meminfo >> key >> kib;
  return kib * 1024;
}

/// What the kubelet asks for. Guaranteed has limits equal to its requests, Burstable requests only.
cri::LinuxContainerResources Resources(const Options& options, int64_t milli_cpu, int64_t memory_bytes) {
  constexpr int64_t kPeriodUs = 100000;
  cri::LinuxContainerResources resources;
  resources.set_cpu_shares(crm::MilliCpuToShares(milli_cpu));
  if (options.qos == "Guaranteed") {
    resources.set_cpu_period(kPeriodUs);
    resources.set_cpu_quota(milli_cpu * kPeriodUs / 1000);
    resources.set_memory_limit_in_bytes(memory_bytes);
    resources.set_oom_score_adj(-997);
  } else if (options.qos == "Burstable") {
    const int64_t total = std::max<int64_t>(MemoryTotalBytes(), 1);
    resources.set_oom_score_adj(std::clamp<int64_t>(1000 - 1000 * memory_bytes / total, 3, 999));
  } else {
    resources.set_oom_score_adj(1000);
  }
  return resources;
}

std::string CgroupParent(const Options& options, const std::string& uid) {
  const std::string root = options.cgroup_root == "/" ? "" : options.cgroup_root;
  if (options.qos == "Burstable") return fmt::format("{}/kubepods/burstable/pod{}", root, uid);
  if (options.qos == "BestEffort") return fmt::format("{}/kubepods/besteffort/pod{}", root, uid);
  return fmt::format("{}/kubepods/pod{}", root, uid);
}

std::string NewUid() {
  std::random_device random;
  const auto word = [&] { return random() & 0xffff; };
  return fmt::format("{:04x}{:04x}-{:04x}-{:04x}-{:04x}-{:04x}{:04x}{:04x}", word(), word(), word(), word(),
                     word(), word(), word(), word());
}

int Run(const Options& options) {
  const auto cpu = crm::Quantity::Parse(options.cpu);
  const auto memory = crm::Quantity::Parse(options.memory);
  for (const absl::Status& status : {cpu.status(), memory.status()}) {
    if (status.ok()) continue;
    std::fprintf(stderr, "%s\n", std::string(crm::Message(status)).c_str());
    return kUsage;
  }
  const std::string uid = NewUid();
  cri::PodSandboxConfig pod;
  pod.mutable_metadata()->set_name(options.name);
  pod.mutable_metadata()->set_namespace_(options.pod_namespace);
  pod.mutable_metadata()->set_uid(uid);
  auto& labels = *pod.mutable_labels();
  labels["io.kubernetes.pod.name"] = options.name;
  labels["io.kubernetes.pod.namespace"] = options.pod_namespace;
  labels["io.kubernetes.pod.uid"] = uid;
  pod.mutable_linux()->set_cgroup_parent(CgroupParent(options, uid));
  cri::NamespaceOption host_network;
  host_network.set_network(cri::NODE);
  host_network.set_pid(cri::CONTAINER);
  *pod.mutable_linux()->mutable_security_context()->mutable_namespace_options() = host_network;

  Runtime runtime(options);
  cri::RunPodSandboxRequest run;
  *run.mutable_config() = pod;
  cri::RunPodSandboxResponse sandbox;
  if (grpc::Status status = runtime.Call("RunPodSandbox", run, &sandbox); !status.ok()) return Fail(status);

  cri::CreateContainerRequest create;
  create.set_pod_sandbox_id(sandbox.pod_sandbox_id());
  *create.mutable_sandbox_config() = pod;
  cri::ContainerConfig& container = *create.mutable_config();
  container.mutable_metadata()->set_name(options.name);
  container.mutable_image()->set_image(options.image);
  *container.mutable_labels() = pod.labels();
  (*container.mutable_labels())["io.kubernetes.container.name"] = options.name;
  (*container.mutable_annotations())["io.kubernetes.container.restartCount"] = std::to_string(0);
  *container.mutable_linux()->mutable_resources() = Resources(options, cpu->MilliValue(), memory->Value());
  *container.mutable_linux()->mutable_security_context()->mutable_namespace_options() = host_network;
  cri::CreateContainerResponse created;
  if (grpc::Status status = runtime.Call("CreateContainer", create, &created); !status.ok())
    return Fail(status);

  cri::StartContainerRequest start;
  start.set_container_id(created.container_id());
  cri::Empty nothing;
  if (grpc::Status status = runtime.Call("StartContainer", start, &nothing); !status.ok())
    return Fail(status);
  const nlohmann::json ids = {{"pod", sandbox.pod_sandbox_id()}, {"container", created.container_id()}};
  std::puts(ids.dump().c_str());
  return kDone;
}

int Remove(const Options& options) {
  Runtime runtime(options);
  cri::ListPodSandboxResponse list;
  if (grpc::Status status = runtime.Call("ListPodSandbox", cri::ListPodSandboxRequest(), &list);
      !status.ok()) {
    return Fail(status);
  }
  for (const cri::PodSandbox& pod : list.items()) {
    if (pod.metadata().name() != options.name || pod.metadata().namespace_() != options.pod_namespace)
      continue;
    cri::PodSandboxRequest request;
    request.set_pod_sandbox_id(pod.id());
    cri::Empty nothing;
    for (const char* method : {"StopPodSandbox", "RemovePodSandbox"}) {
      if (grpc::Status status = runtime.Call(method, request, &nothing); !status.ok()) return Fail(status);
    }
  }
  return kDone;
}

int Version(const Options& options) {
  Runtime runtime(options);
  cri::VersionRequest request;
  request.set_version("0.1.0");
  cri::VersionResponse answer;
  if (grpc::Status status = runtime.Call("Version", request, &answer); !status.ok()) return Fail(status);
  const nlohmann::json json = {{"version", answer.version()},
                               {"runtime_name", answer.runtime_name()},
                               {"runtime_version", answer.runtime_version()},
                               {"runtime_api_version", answer.runtime_api_version()}};
  std::puts(json.dump().c_str());
  return kDone;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  crm::FlagTable flags("podctl COMMAND", kHelp);
  flags.Add("socket", &options.socket, "unix socket of the runtime")
      .Add("name", &options.name, "name of the pod and of its container")
      .Add("namespace", &options.pod_namespace, "namespace of the pod")
      .Add("qos", &options.qos, "Guaranteed, Burstable or BestEffort")
      .Add("cpu", &options.cpu, "CPU request, a quantity")
      .Add("memory", &options.memory, "memory request, a quantity")
      .Add("image", &options.image, "image that the runtime has")
      .Add("cgroup-root", &options.cgroup_root, "cgroup above kubepods")
      .Add("timeout", &options.timeout, "for each call");
  const std::string command = argc > 1 && argv[1][0] != '-' ? argv[1] : "";
  const int skip = command.empty() ? 0 : 1;
  const auto outcome = flags.Parse(argc - skip, argv + skip);
  if (outcome == crm::FlagTable::Outcome::kHelp) return kDone;
  if (outcome == crm::FlagTable::Outcome::kBad) return kUsage;
  if (command == "version") return Version(options);
  if (command == "run" && !options.name.empty()) return Run(options);
  if (command == "remove" && !options.name.empty()) return Remove(options);
  std::fprintf(stderr, "%s", flags.Help().c_str());
  return kUsage;
}
