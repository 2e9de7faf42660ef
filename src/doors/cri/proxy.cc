#include "doors/cri/proxy.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "base/unix_socket.h"
#include "doors/cri/proxy_limits.h"
#include "doors/cri/proxy_relay.h"
#include "doors/cri/proxy_socket.h"
#include "doors/cri/proxy_upstream.h"

namespace crm::doors::cri {
namespace {

constexpr int kDirectoryMode = 0711;
constexpr std::string_view kNone = "-";
constexpr std::string_view kSameSocket = "default";

// "/runtime.v1.RuntimeService/Version" -> "RuntimeService": any version of the API is let through.
std::string_view BareService(std::string_view method) {
  const std::string_view service = method.substr(0, method.rfind('/'));
  const size_t start = service.find_last_of("./");
  return start == std::string_view::npos ? service : service.substr(start + 1);
}

// The methods known to be unary take the shorter way (spec 11 section 2). A method that is missing here works
// too.
bool IsKnownUnary(std::string_view method) {
  static constexpr auto kNames = std::to_array<std::string_view>({
      "Attach",
      "CheckpointContainer",
      "ContainerStats",
      "ContainerStatus",
      "CreateContainer",
      "Exec",
      "ExecSync",
      "ImageFsInfo",
      "ImageStatus",
      "ListContainerStats",
      "ListContainers",
      "ListImages",
      "ListMetricDescriptors",
      "ListPodSandbox",
      "ListPodSandboxMetrics",
      "ListPodSandboxStats",
      "PodSandboxStats",
      "PodSandboxStatus",
      "PortForward",
      "PullImage",
      "RemoveContainer",
      "RemoveImage",
      "RemovePodSandbox",
      "ReopenContainerLog",
      "RunPodSandbox",
      "RuntimeConfig",
      "StartContainer",
      "Status",
      "StopContainer",
      "StopPodSandbox",
      "UpdateContainerResources",
      "UpdatePodSandboxResources",
      "UpdateRuntimeConfig",
      "Version",
  });
  return std::binary_search(kNames.begin(), kNames.end(), method.substr(method.rfind('/') + 1));
}

// Ends a call at once.
class Refusal final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

class ProxyImpl final : public Proxy, public grpc::CallbackGenericService {
 public:
  explicit ProxyImpl(ProxyOptions options) : options_(std::move(options)) {
    // The token's deleter runs when the last running call has let go of it.
    token_ = CallToken(this, [this](void*) {
      const std::lock_guard<std::mutex> lock(calls_mutex_);
      calls_ended_ = true;
      calls_changed_.notify_all();
    });
  }

  ~ProxyImpl() override { Stop(absl::ZeroDuration()); }

  absl::Status Listen() {
    const bool runtime = options_.runtime_socket != kNone;
    if (options_.image_socket == kSameSocket) options_.image_socket = options_.runtime_socket;
    const bool image = options_.image_socket != kNone;
    if (!runtime && !image) return InvalidArgument("neither a runtime nor an image service socket is given");
    access_model_ = runtime ? options_.runtime_socket : options_.image_socket;
    CRM_RETURN_IF_ERROR(ClaimSocketPath(RealFileSystem(), options_.relay_socket, kDirectoryMode));
    if (runtime) runtime_ = std::make_unique<Upstream>("runtime", options_.runtime_socket);
    if (image) image_ = std::make_unique<Upstream>("image service", options_.image_socket);

    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(-1);
    builder.SetMaxSendMessageSize(-1);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
    builder.RegisterCallbackGenericService(this);
    builder.AddListeningPort(UnixTarget(options_.relay_socket), grpc::InsecureServerCredentials());
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return Unavailable("socket \"{}\": cannot listen on it", options_.relay_socket);
    CopyAccess();
    if (runtime_ != nullptr) {
      runtime_->Watch([this] {
        CopyAccess();
        if (options_.on_runtime_connected) options_.on_runtime_connected();
      });
    }
    return absl::OkStatus();
  }

  void Stop(absl::Duration grace) override {
    const std::lock_guard<std::mutex> lock(stop_mutex_);
    if (token_ == nullptr) return;
    if (server_ != nullptr) server_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
    token_.reset();
    {
      std::unique_lock<std::mutex> calls_lock(calls_mutex_);
      calls_changed_.wait(calls_lock, [this] { return calls_ended_; });
    }
    server_.reset();
    runtime_.reset();
    image_.reset();
  }

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    const std::string_view service = BareService(context->method());
    Upstream* upstream = nullptr;
    if (service == "RuntimeService") upstream = runtime_.get();
    if (service == "ImageService") upstream = image_.get();
    if (upstream == nullptr) {
      return new Refusal({grpc::StatusCode::UNIMPLEMENTED,
                          fmt::format("cri-resmgr: unknown service of method {}", context->method())});
    }
    std::unique_ptr<UnaryCallHook> hook;
    if (options_.hooks) hook = options_.hooks(context->method());
    if (hook != nullptr || IsKnownUnary(context->method())) {
      return RelayUnary(context, *upstream, std::move(hook), token_);
    }
    return RelayStream(context, *upstream, token_);
  }

 private:
  // Also called by the watcher's thread, which lives until the upstream it belongs to is gone.
  void CopyAccess() {
    const absl::Status status = CopySocketAccess(access_model_, options_.relay_socket);
    if (!status.ok()) Logger("cri/relay").Warning("{}", Message(status));
  }

  ProxyOptions options_;
  std::string access_model_;  // the socket whose owner and mode the relay socket has
  std::mutex calls_mutex_;
  std::condition_variable calls_changed_;
  bool calls_ended_ = false;  // guarded by calls_mutex_
  CallToken token_;
  std::unique_ptr<Upstream> runtime_;
  std::unique_ptr<Upstream> image_;
  std::unique_ptr<grpc::Server> server_;
  std::mutex stop_mutex_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Proxy>> Proxy::Start(ProxyOptions options) {
  auto proxy = std::make_unique<ProxyImpl>(std::move(options));
  CRM_RETURN_IF_ERROR(proxy->Listen());
  return proxy;
}

}  // namespace crm::doors::cri
