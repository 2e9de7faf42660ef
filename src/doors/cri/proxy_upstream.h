#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/server_context.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace crm::doors::cri {

/// "unix:///PATH" with everything escaped that a URI does not take as it is.
std::string UnixTarget(const std::string& path);

/// Passes what the client said besides its message on to the call upstream: metadata and deadline (spec 11
/// section 6.1).
void CopyRequest(const grpc::CallbackServerContext& from, grpc::ClientContext* to);
void CopyInitialMetadata(const grpc::ClientContext& from, grpc::CallbackServerContext* to);
void CopyTrailers(const grpc::ClientContext& from, grpc::CallbackServerContext* to);

/// The channel to one socket of the runtime. Internal to the proxy. Thread-safe.
class Upstream {
 public:
  /// `what` ("runtime", "image") names the peer in messages. Does not connect yet.
  Upstream(std::string what, std::string socket);
  ~Upstream();

  grpc::GenericStub& stub() { return *stub_; }

  /// The status for the client of a call that ended with `status`: unchanged when it came from the peer,
  /// details included; named after the socket when the peer could not be reached, which also asks the channel
  /// to try again at once.
  grpc::Status Explain(const grpc::Status& status, const grpc::ClientContext& context);

  /// Whether a call that ended with `status` certainly sent nothing, because there was no connection to send
  /// it on.
  static bool NeverSent(const grpc::Status& status, const grpc::ClientContext& context);

  /// Keeps the channel connected from now on, also without calls, and runs `on_connected` in a thread of its
  /// own each time a connection was established. Call it once.
  void Watch(std::function<void()> on_connected);

 private:
  void WatchLoop(const std::function<void()>& on_connected);

  const std::string what_;
  const std::string socket_;
  const std::string target_;
  std::mutex mutex_;
  std::shared_ptr<grpc::Channel> channel_;  // written by the destructor only, under mutex_
  std::unique_ptr<grpc::GenericStub> stub_;
  std::thread watcher_;
};

}  // namespace crm::doors::cri
