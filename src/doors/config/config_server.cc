#include "doors/config/config_server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <sys/stat.h>

#include <cerrno>

#include "absl/synchronization/mutex.h"
#include "base/fs.h"
#include "base/status.h"
#include "base/unix_socket.h"
#include "resmgr/config.grpc.pb.h"

namespace crm::doors::config {
namespace {

class Service : public v1::Config::CallbackService {
 public:
  explicit Service(engine::Engine& engine) : engine_(engine) {}

  grpc::ServerUnaryReactor* SetConfig(grpc::CallbackServerContext* context,
                                      const v1::SetConfigRequest* request,
                                      v1::SetConfigReply* reply) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    engine_.Configure({request->node_name(), {request->config().begin(), request->config().end()}},
                      [reactor, reply](const absl::Status& status) {
                        if (!status.ok()) reply->set_error(std::string(Message(status)));
                        reactor->Finish(grpc::Status::OK);
                      });
    return reactor;
  }

  grpc::ServerUnaryReactor* SetAdjustment(grpc::CallbackServerContext* context,
                                          const v1::SetAdjustmentRequest* request,
                                          v1::SetAdjustmentReply* reply) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    engine_.Adjust(request->adjustment(),
                   [reactor, reply](const absl::StatusOr<std::map<std::string, std::string>>& errors) {
                     if (!errors.ok()) {
                       reactor->Finish({grpc::StatusCode::UNKNOWN, std::string(Message(errors.status()))});
                       return;
                     }
                     reply->mutable_errors()->insert(errors->begin(), errors->end());
                     reactor->Finish(grpc::Status::OK);
                   });
    return reactor;
  }

 private:
  engine::Engine& engine_;
};

class Server : public ConfigServer {
 public:
  Server(std::string socket, engine::Engine& engine) : socket_(std::move(socket)), service_(engine) {}

  ~Server() override {
    if (server_ == nullptr) return;  // the file at the path, if any, is somebody else's
    server_->Shutdown();
    RealFileSystem().Remove(socket_).IgnoreError();
  }

  absl::Status Start() {
    CRM_RETURN_IF_ERROR(ClaimSocketPath(RealFileSystem(), socket_, 0700));
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket_, grpc::InsecureServerCredentials());
    builder.RegisterService(&service_);
    builder.SetMaxReceiveMessageSize(8 << 20);
    const mode_t before =
        umask(0177);  // the socket must never be open to others, not even between bind and chmod
    server_ = builder.BuildAndStart();
    umask(before);
    if (!server_) return Unavailable("cannot serve v1.Config on socket \"{}\"", socket_);
    if (chmod(socket_.c_str(), 0600) != 0) return ErrnoError(errno, "chmod " + socket_);
    return absl::OkStatus();
  }

 private:
  const std::string socket_;
  Service service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ConfigServer>> ConfigServer::Start(const std::string& socket,
                                                                  engine::Engine& engine) {
  auto server = std::make_unique<Server>(socket, engine);
  CRM_RETURN_IF_ERROR(server->Start());
  return server;
}

}  // namespace crm::doors::config
