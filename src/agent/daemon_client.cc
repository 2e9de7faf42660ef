#include "agent/daemon_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "resmgr/config.grpc.pb.h"

namespace crm::agent {
namespace {

constexpr absl::Duration kWatchSlice = absl::Milliseconds(300);  // bounds how long Stop waits

std::shared_ptr<grpc::Channel> Connect(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

struct DaemonClient::Impl {
  explicit Impl(Options given) : options(std::move(given)), channel(Connect(options.socket)), stub(channel) {}

  // Keeps the channel connecting and tells when it is ready again: gRPC itself would stay idle until the next
  // call, and a daemon that restarted without its state would wait for a configuration for ever.
  void WatchChannel() {
    grpc_connectivity_state seen = channel->GetState(true);
    bool first = true;
    while (!Stopped()) {
      const grpc_connectivity_state now = channel->GetState(true);
      if ((now != seen || first) && now == GRPC_CHANNEL_READY) {
        log.Debug("connected to {}", options.socket);
        if (options.on_back) options.on_back();
      }
      first = false;
      seen = now;
      channel->WaitForStateChange(seen,
                                  std::chrono::system_clock::now() + absl::ToChronoMilliseconds(kWatchSlice));
    }
  }

  bool Stopped() {
    absl::MutexLock lock(&mutex);
    return stopped;
  }

  const Options options;
  const Logger log{"config-updater"};
  const std::shared_ptr<grpc::Channel> channel;
  ::v1::Config::Stub stub;
  absl::Mutex mutex;
  grpc::ClientContext* in_flight ABSL_GUARDED_BY(mutex) = nullptr;
  bool stopped ABSL_GUARDED_BY(mutex) = false;
  std::thread watcher;
};

DaemonClient::DaemonClient(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {
  impl_->watcher = std::thread([impl = impl_.get()] { impl->WatchChannel(); });
}

DaemonClient::~DaemonClient() { Stop(); }

void DaemonClient::Stop() {
  {
    absl::MutexLock lock(&impl_->mutex);
    impl_->stopped = true;
    if (impl_->in_flight != nullptr) impl_->in_flight->TryCancel();
  }
  if (impl_->watcher.joinable()) impl_->watcher.join();
}

absl::StatusOr<std::string> DaemonClient::SetConfig(const ConfigData& data) {
  ::v1::SetConfigRequest request;
  request.set_node_name(impl_->options.node_name);
  request.mutable_config()->insert(data.begin(), data.end());
  ::v1::SetConfigReply reply;
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(absl::ToChronoTime(absl::Now() + impl_->options.call_timeout));
  {
    absl::MutexLock lock(&impl_->mutex);
    if (impl_->stopped) return absl::CancelledError("the agent stops");
    impl_->in_flight = &context;
  }
  const grpc::Status status = impl_->stub.SetConfig(&context, request, &reply);
  {
    absl::MutexLock lock(&impl_->mutex);
    impl_->in_flight = nullptr;
  }
  if (status.ok()) return reply.error();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (code == absl::StatusCode::kDeadlineExceeded) {
    return Error(code, "no answer from the daemon on {} within {}", impl_->options.socket,
                 absl::FormatDuration(impl_->options.call_timeout));
  }
  return Error(code, "daemon on {}: {}", impl_->options.socket, status.error_message());
}

}  // namespace crm::agent
