#include "agent/server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

#include "agent/node_patch.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/status.h"
#include "base/unix_socket.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"
#include "resmgr/agent.grpc.pb.h"

namespace crm::agent {
namespace {

class Service : public ::v1::Agent::Service {
 public:
  explicit Service(Server::Options options) : options_(std::move(options)) {}

  grpc::Status GetNode(grpc::ServerContext*, const ::v1::GetNodeRequest*,
                       ::v1::GetNodeReply* reply) override {
    const absl::StatusOr<kube::Json> node =
        options_.client->Get(kube::resources::kNodes, "", options_.node_name);
    if (!node.ok()) return Failure("failed to get node object", node.status());
    reply->set_node(node->dump(-1, ' ', false, kube::Json::error_handler_t::replace));
    return grpc::Status::OK;
  }

  grpc::Status PatchNode(grpc::ServerContext*, const ::v1::PatchNodeRequest* request,
                         ::v1::PatchNodeReply*) override {
    if (request->patches().empty()) return grpc::Status::OK;
    std::vector<PatchOperation> operations;
    for (const ::v1::JsonPatch& patch : request->patches()) {
      operations.push_back({patch.op(), patch.path(), patch.value()});
    }
    return Apply(JsonPatchText(operations), kube::PatchType::kJson, "", "failed to patch node object");
  }

  grpc::Status UpdateNodeCapacity(grpc::ServerContext*, const ::v1::UpdateNodeCapacityRequest* request,
                                  ::v1::UpdateNodeCapacityReply*) override {
    if (request->capacities().empty()) return grpc::Status::OK;
    return Apply(CapacityPatchText({request->capacities().begin(), request->capacities().end()}),
                 kube::PatchType::kMerge, "status", "failed to update node capacity");
  }

  grpc::Status HealthCheck(grpc::ServerContext*, const ::v1::HealthCheckRequest* request,
                           ::v1::HealthCheckReply* reply) override {
    if (request->query() == "config-status") reply->set_error(options_.config_status());
    return grpc::Status::OK;
  }

 private:
  // Spec 50 section 6: failures towards the daemon have the code UNKNOWN, whatever the API server said.
  grpc::Status Failure(std::string_view what, const absl::Status& status) const {
    const std::string message = fmt::format("{}: {}", what, Message(status));
    log_.Error("{}", message);
    return {grpc::StatusCode::UNKNOWN, message};
  }

  grpc::Status Apply(const absl::StatusOr<std::string>& text, kube::PatchType type,
                     const std::string& subresource, std::string_view what) const {
    if (!text.ok()) return {grpc::StatusCode::UNKNOWN, std::string(Message(text.status()))};
    kube::PatchOptions patch_options;
    patch_options.subresource = subresource;
    const absl::StatusOr<kube::Json> patched =
        options_.client->Patch(kube::resources::kNodes, "", options_.node_name, type,
                               kube::Json::parse(*text, nullptr, false), patch_options);
    return patched.ok() ? grpc::Status::OK : Failure(what, patched.status());
  }

  const Server::Options options_;
  const Logger log_{"server"};
};

}  // namespace

struct Server::Impl {
  explicit Impl(Options given) : socket(given.socket), service(std::move(given)) {}

  const std::string socket;
  Service service;
  std::unique_ptr<grpc::Server> server;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  impl_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(500));
  RealFileSystem().Remove(impl_->socket).IgnoreError();
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Options options) {
  CRM_RETURN_IF_ERROR(ClaimSocketPath(RealFileSystem(), options.socket, /*directory_mode=*/0711));
  auto impl = std::make_unique<Impl>(std::move(options));
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + impl->socket, grpc::InsecureServerCredentials());
  builder.RegisterService(&impl->service);
  // A call a minute: the defaults start a queue a CPU.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
  const mode_t mask = umask(0177);  // there is no moment in which others could connect
  impl->server = builder.BuildAndStart();
  umask(mask);
  if (impl->server == nullptr) {
    return Unavailable("failed to listen on socket \"{}\"", impl->socket);
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

}  // namespace crm::agent
