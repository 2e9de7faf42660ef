#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace crm::doors::cri {

/// Both ends of the proxy for its tests, blocking and byte for byte: a runtime whose methods are scripts, and
/// a client.

inline constexpr char kRuntimePrefix[] = "/runtime.v1.RuntimeService/";
inline constexpr char kImagePrefix[] = "/runtime.v1.ImageService/";

inline std::string ToBytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (buffer.Valid() && buffer.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices) {
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }
  return bytes;
}

inline grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

/// What one side wrote before this, the other side may read after it: gRPC orders the two anyway, but
/// ThreadSanitizer does not see into the library.
inline void HandOver() {
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
}

/// Something that happens once. As absl::Notification, but ThreadSanitizer sees the order it makes.
class Event {
 public:
  void Notify() {
    const std::lock_guard<std::mutex> lock(mutex_);
    happened_ = true;
    changed_.notify_all();
  }
  /// False when it did not happen in half a minute.
  bool Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [this] { return happened_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool happened_ = false;  // guarded by mutex_
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

/// Entries in the order of keys, equal keys in the order in which they arrived.
inline Metadata ToMetadata(const std::multimap<grpc::string_ref, grpc::string_ref>& map) {
  Metadata metadata;
  for (const auto& [key, value] : map) {
    metadata.emplace_back(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
  }
  return metadata;
}

/// A folder of its own for sockets.
class TempFolder {
 public:
  TempFolder() {
    std::string name = "/tmp/crm-proxy-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// A tag-by-tag view of one completion queue, for one thread.
class Waiter {
 public:
  ~Waiter() {
    queue.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue.Next(&tag, &ok)) {
    }
  }
  /// Waits for `tag`; others that come first are kept.
  bool Wait(intptr_t wanted) {
    while (!seen_.contains(wanted)) {
      void* tag = nullptr;
      bool ok = false;
      if (!queue.Next(&tag, &ok)) return false;
      seen_[reinterpret_cast<intptr_t>(tag)] = ok;
    }
    const bool ok = seen_[wanted];
    seen_.erase(wanted);
    return ok;
  }
  static void* Tag(intptr_t tag) { return reinterpret_cast<void*>(tag); }

  grpc::CompletionQueue queue;

 private:
  std::map<intptr_t, bool> seen_;
};

/// One call as the runtime sees it.
class RuntimeCall {
 public:
  RuntimeCall() : stream_(&context_) { context_.AsyncNotifyWhenDone(Waiter::Tag(kDone)); }

  const std::string& method() const { return context_.method(); }
  const std::string& authority() const { return context_.host(); }
  grpc::GenericServerContext& context() { return context_; }
  Metadata metadata() const { return ToMetadata(context_.client_metadata()); }

  /// The next message, nullopt after half-close or when the call is gone.
  std::optional<std::string> Read() {
    grpc::ByteBuffer buffer;
    stream_.Read(&buffer, Waiter::Tag(kOp));
    if (!waiter_.Wait(kOp)) return std::nullopt;
    return ToBytes(buffer);
  }
  bool Write(const std::string& message) {
    stream_.Write(ToBuffer(message), Waiter::Tag(kOp));
    return waiter_.Wait(kOp);
  }
  void SendInitialMetadata() {
    stream_.SendInitialMetadata(Waiter::Tag(kOp));
    waiter_.Wait(kOp);
  }
  void Finish(const grpc::Status& status) {
    HandOver();
    stream_.Finish(status, Waiter::Tag(kOp));
    waiter_.Wait(kOp);
  }
  /// The message and OK, in one batch.
  void Reply(const std::string& message) {
    HandOver();
    stream_.WriteAndFinish(ToBuffer(message), {}, grpc::Status::OK, Waiter::Tag(kOp));
    waiter_.Wait(kOp);
  }
  /// Waits until the call is over; true when it was cancelled.
  bool WaitUntilOver() {
    if (!std::exchange(over_, true)) waiter_.Wait(kDone);
    return context_.IsCancelled();
  }

 private:
  friend class FakeRuntime;
  static constexpr intptr_t kDone = 1;
  static constexpr intptr_t kOp = 2;

  Waiter waiter_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
  bool over_ = false;
};

/// A runtime on a unix socket: each call runs the script of its method in a thread of its own; unknown
/// methods answer 12. A script that returns without Finish or Reply lets the call hang until it is cancelled.
class FakeRuntime {
 public:
  using Script = std::function<void(RuntimeCall&)>;

  FakeRuntime(const std::string& socket, std::map<std::string, Script> scripts)
      : scripts_(std::move(scripts)) {
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(-1);
    builder.SetMaxSendMessageSize(-1);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 4 << 20);
    builder.RegisterAsyncGenericService(&service_);
    builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    accept_ = std::thread([this] { Accept(); });
  }
  /// Ends like a killed process: running calls are cut off.
  ~FakeRuntime() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      closing_ = true;
    }
    server_->Shutdown(std::chrono::system_clock::now());
    queue_->Shutdown();
    accept_.join();
    for (std::thread& call : calls_) call.join();
  }

 private:
  // Asks gRPC for the next call unless the server is closing.
  std::unique_ptr<RuntimeCall> Expect() {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto call = std::make_unique<RuntimeCall>();
    if (!closing_) {
      service_.RequestCall(&call->context_, &call->stream_, &call->waiter_.queue, queue_.get(), nullptr);
    }
    return call;
  }

  void Accept() {
    std::unique_ptr<RuntimeCall> next = Expect();
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) {
      if (!ok) continue;
      calls_.emplace_back([this, call = std::move(next)] {
        const auto script = scripts_.find(call->method());
        if (script == scripts_.end()) {
          call->Finish({grpc::StatusCode::UNIMPLEMENTED, "no script"});
        } else {
          script->second(*call);
        }
        call->WaitUntilOver();
      });
      next = Expect();
    }
  }

  const std::map<std::string, Script> scripts_;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::mutex mutex_;
  bool closing_ = false;  // guarded by mutex_
  std::thread accept_;
  std::vector<std::thread> calls_;  // touched by accept_ only, until it ended
};

/// A client of a unix socket, as patient as the kubelet's.
class RawClient {
 public:
  explicit RawClient(const std::string& socket, int receive_limit = -1) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(receive_limit);
    arguments.SetMaxSendMessageSize(-1);
    arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, 4 << 20);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    stub_ = std::make_unique<grpc::GenericStub>(
        grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments));
  }
  grpc::GenericStub& stub() { return *stub_; }

 private:
  std::unique_ptr<grpc::GenericStub> stub_;
};

/// One call of the client. Set context() up, then Start.
class ClientCall {
 public:
  ClientCall(RawClient& client, std::string method) : client_(client), method_(std::move(method)) {
    context_.set_wait_for_ready(true);
  }
  ~ClientCall() {
    if (call_ == nullptr || finished_) return;
    context_.TryCancel();
    Finish();
  }

  grpc::ClientContext& context() { return context_; }
  void Start() {
    call_ = client_.stub().PrepareCall(&context_, method_, &waiter_.queue);
    call_->StartCall(Waiter::Tag(kOp));
    waiter_.Wait(kOp);
  }
  bool Write(const std::string& message) {
    call_->Write(ToBuffer(message), Waiter::Tag(kOp));
    return waiter_.Wait(kOp);
  }
  void WritesDone() {
    call_->WritesDone(Waiter::Tag(kOp));
    waiter_.Wait(kOp);
  }
  void ReadInitialMetadata() {
    call_->ReadInitialMetadata(Waiter::Tag(kOp));
    waiter_.Wait(kOp);
  }
  std::optional<std::string> Read() {
    grpc::ByteBuffer buffer;
    call_->Read(&buffer, Waiter::Tag(kOp));
    if (!waiter_.Wait(kOp)) return std::nullopt;
    return ToBytes(buffer);
  }
  grpc::Status Finish() {
    grpc::Status status;
    call_->Finish(&status, Waiter::Tag(kOp));
    waiter_.Wait(kOp);
    finished_ = true;
    HandOver();
    return status;
  }
  Metadata initial_metadata() const { return ToMetadata(context_.GetServerInitialMetadata()); }
  Metadata trailers() const { return ToMetadata(context_.GetServerTrailingMetadata()); }

  /// The whole of a unary call; `response` gets the message if there is one.
  grpc::Status Unary(const std::string& request, std::string* response = nullptr) {
    Start();
    Write(request);
    WritesDone();
    const std::optional<std::string> message = Read();
    if (message.has_value() && response != nullptr) *response = *message;
    return Finish();
  }

 private:
  static constexpr intptr_t kOp = 1;

  RawClient& client_;
  const std::string method_;
  Waiter waiter_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  bool finished_ = false;
};

inline grpc::Status CallUnary(const std::string& socket, const std::string& method,
                              const std::string& request, std::string* response = nullptr) {
  RawClient client(socket);
  return ClientCall(client, method).Unary(request, response);
}

}  // namespace crm::doors::cri
