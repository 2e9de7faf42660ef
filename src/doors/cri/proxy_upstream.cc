#include "doors/cri/proxy_upstream.h"

#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "doors/cri/proxy_limits.h"
#include "fmt/core.h"

namespace crm::doors::cri {
namespace {

constexpr std::string_view kDetailsKey = "grpc-status-details-bin";

// What belongs to one hop: HTTP/2 pseudo headers, gRPC's own (status details travel in grpc::Status) and the
// transport's.
bool BelongsToHop(std::string_view key) {
  static constexpr std::array<std::string_view, 5> kHop = {"connection", "content-type", "host", "te",
                                                           "user-agent"};
  return key.empty() || key.front() == ':' || key.substr(0, 5) == "grpc-" ||
         std::find(kHop.begin(), kHop.end(), key) != kHop.end();
}

// Entries of one key keep their order: a multimap holds equal keys in the order of insertion.
template <typename Add>
void Copy(const std::multimap<grpc::string_ref, grpc::string_ref>& from, Add add) {
  for (const auto& [key, value] : from) {
    if (BelongsToHop({key.data(), key.size()})) continue;
    add(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
  }
}

// UNAVAILABLE of our own making: there is no connection, or it broke. Only a status that crossed the wire has
// this mark.
bool ConnectionFailed(const grpc::Status& status, const grpc::ClientContext& context) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         context.debug_error_string().find("Error received from peer") == std::string::npos;
}

}  // namespace

std::string UnixTarget(const std::string& path) {
  std::string target = "unix://";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-._~").find(c) != std::string_view::npos;
    if (plain) {
      target += c;
    } else {
      target += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return target;
}

void CopyRequest(const grpc::CallbackServerContext& from, grpc::ClientContext* to) {
  Copy(from.client_metadata(),
       [&](const std::string& key, const std::string& value) { to->AddMetadata(key, value); });
  to->set_deadline(from.raw_deadline());
}

void CopyInitialMetadata(const grpc::ClientContext& from, grpc::CallbackServerContext* to) {
  Copy(from.GetServerInitialMetadata(),
       [&](const std::string& key, const std::string& value) { to->AddInitialMetadata(key, value); });
}

void CopyTrailers(const grpc::ClientContext& from, grpc::CallbackServerContext* to) {
  Copy(from.GetServerTrailingMetadata(),
       [&](const std::string& key, const std::string& value) { to->AddTrailingMetadata(key, value); });
}

Upstream::Upstream(std::string what, std::string socket)
    : what_(std::move(what)), socket_(std::move(socket)), target_(UnixTarget(socket_)) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 3000);
  // How long one attempt may take, in spite of its name: a runtime under load needs a while for its HTTP/2
  // greeting, and calls wait for it meanwhile. An absent or dead socket fails at once, whatever this says.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  channel_ = grpc::CreateCustomChannel(target_, grpc::InsecureChannelCredentials(), arguments);
  stub_ = std::make_unique<grpc::GenericStub>(channel_);
}

Upstream::~Upstream() {
  stub_.reset();
  {
    // The last reference shuts the channel down, which wakes the watcher.
    const std::lock_guard<std::mutex> lock(mutex_);
    channel_.reset();
  }
  if (watcher_.joinable()) watcher_.join();
}

grpc::Status Upstream::Explain(const grpc::Status& status, const grpc::ClientContext& context) {
  if (status.ok()) {
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto details = trailers.find(grpc::string_ref(kDetailsKey.data(), kDetailsKey.size()));
    if (details == trailers.end()) return status;
    return {grpc::StatusCode::OK, "", std::string(details->second.data(), details->second.size())};
  }
  if (!ConnectionFailed(status, context)) return status;
  grpc::experimental::ChannelResetConnectionBackoff(channel_.get());
  return {grpc::StatusCode::UNAVAILABLE,
          fmt::format("cri-resmgr: {} {} unreachable: {}", what_, socket_, status.error_message())};
}

// Neither gRPC's peer nor the outcome of the write tells: both can be missing for a request that arrived. So
// only the one error that comes before any connection counts; should its text ever change, calls count as
// sent, which is safe.
bool Upstream::NeverSent(const grpc::Status& status, const grpc::ClientContext& context) {
  return ConnectionFailed(status, context) &&
         status.error_message().rfind("failed to connect to all addresses", 0) == 0;
}

void Upstream::Watch(std::function<void()> on_connected) {
  watcher_ = std::thread([this, on_connected = std::move(on_connected)] { WatchLoop(on_connected); });
}

void Upstream::WatchLoop(const std::function<void()>& on_connected) {
  grpc::CompletionQueue queue;
  grpc_connectivity_state seen = GRPC_CHANNEL_IDLE;
  while (true) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (channel_ == nullptr) break;
      seen = channel_->GetState(/*try_to_connect=*/true);
      channel_->NotifyOnStateChange(seen, gpr_inf_future(GPR_CLOCK_REALTIME), &queue, nullptr);
    }
    // Each passage here follows a change of state, so READY means a new connection.
    if (seen == GRPC_CHANNEL_READY) on_connected();
    void* tag = nullptr;
    bool ok = false;
    if (!queue.Next(&tag, &ok)) break;
  }
  queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
  }
}

}  // namespace crm::doors::cri
