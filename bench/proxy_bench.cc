// What the CRI proxy costs: the same calls to the same stub runtime, directly and through the proxy, as
// ratios of one run. Runtime, proxy and callers are processes of their own, as on a node.
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "doors/cri/proxy.h"

namespace crm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kSmallCall[] = "/runtime.v1.RuntimeService/Version";
constexpr char kLargeCall[] = "/runtime.v1.RuntimeService/ListContainers";
constexpr char kUnknownCall[] = "/runtime.v1.RuntimeService/FutureCall";
constexpr size_t kLargeBytes = size_t{1} << 20;

grpc::ByteBuffer Bytes(size_t size) {
  const std::string bytes(size, 'x');
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

// Answers each call with a message of the size that its method stands for.
class StubRuntime : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return new Call(context->method() == kLargeCall ? large_ : small_);
  }

 private:
  class Call final : public grpc::ServerGenericBidiReactor {
   public:
    explicit Call(const grpc::ByteBuffer& answer) : answer_(answer) { StartRead(&request_); }
    void OnReadDone(bool) override { StartWriteAndFinish(&answer_, {}, grpc::Status::OK); }
    void OnDone() override { delete this; }

   private:
    const grpc::ByteBuffer& answer_;
    grpc::ByteBuffer request_;
  };

  const grpc::ByteBuffer small_ = Bytes(64);
  const grpc::ByteBuffer large_ = Bytes(kLargeBytes);
};

void ServeRuntime(const std::string& socket) {
  StubRuntime service;
  grpc::ServerBuilder builder;
  builder.RegisterCallbackGenericService(&service);
  builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  const auto server = builder.BuildAndStart();
  ::pause();
}

void ServeProxy(const std::string& relay, const std::string& runtime) {
  doors::cri::ProxyOptions options;
  options.relay_socket = relay;
  options.runtime_socket = runtime;
  const auto proxy = doors::cri::Proxy::Start(std::move(options));
  if (!proxy.ok()) std::fprintf(stderr, "%s\n", proxy.status().ToString().c_str());
  ::pause();
}

struct Result {
  double median_us = 0;
  double calls_per_second = 0;
};

// `callers` chains of calls, each starting the next one when the last one ended.
class Load {
 public:
  Load(grpc::GenericStub& stub, const char* method, int callers, int calls)
      : stub_(stub), method_(method), left_(calls), ended_(callers), latencies_(static_cast<size_t>(calls)) {
    const auto begin = Clock::now();
    for (int caller = 0; caller < callers; ++caller) Next();
    ended_.Wait();
    const std::chrono::duration<double> took = Clock::now() - begin;
    std::nth_element(latencies_.begin(), latencies_.begin() + calls / 2, latencies_.end());
    result_ = {latencies_[static_cast<size_t>(calls / 2)], calls / took.count()};
  }
  const Result& result() const { return result_; }
  int failures() const { return failures_; }

 private:
  struct Call {
    grpc::ClientContext context;
    grpc::ByteBuffer request = Bytes(32);
    grpc::ByteBuffer response;
    Clock::time_point begin = Clock::now();
  };

  void Next() {
    const int index = --left_;
    if (index < 0) {
      ended_.DecrementCount();
      return;
    }
    auto* call = new Call;
    call->context.set_wait_for_ready(true);
    stub_.UnaryCall(&call->context, method_, {}, &call->request, &call->response,
                    [this, call, index](const grpc::Status& status) {
                      const std::chrono::duration<double, std::micro> took = Clock::now() - call->begin;
                      latencies_[static_cast<size_t>(index)] = took.count();
                      if (!status.ok()) ++failures_;
                      delete call;
                      Next();
                    });
  }

  grpc::GenericStub& stub_;
  const std::string method_;
  std::atomic<int> left_;
  absl::BlockingCounter ended_;
  std::vector<double> latencies_;
  std::atomic<int> failures_ = 0;
  Result result_;
};

std::unique_ptr<grpc::GenericStub> Connect(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return std::make_unique<grpc::GenericStub>(
      grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments));
}

// Direct and relayed rounds take turns, so that a machine with other work treats both alike; the best round
// counts.
int Compare(const std::string& runtime, const std::string& relay) {
  const auto direct = Connect(runtime);
  const auto relayed = Connect(relay);
  struct Case {
    const char* name;
    const char* method;
    int callers;
    int calls;
  };
  int failures = 0;
  std::printf("%-28s %12s %12s %12s %14s %14s %8s\n", "case", "direct us", "proxy us", "added us",
              "direct calls/s", "proxy calls/s", "ratio");
  for (const Case& test :
       {Case{"small, 1 caller", kSmallCall, 1, 4000}, Case{"small, 64 callers", kSmallCall, 64, 20000},
        Case{"1 MiB, 1 caller", kLargeCall, 1, 300}, Case{"1 MiB, 64 callers", kLargeCall, 64, 600},
        Case{"unknown method, 1 caller", kUnknownCall, 1, 4000}}) {
    Result best[2];
    for (int round = 0; round < 6; ++round) {
      Result& kept = best[round % 2];
      const Load load(round % 2 == 0 ? *direct : *relayed, test.method, test.callers, test.calls);
      failures += load.failures();
      if (load.result().calls_per_second > kept.calls_per_second) kept = load.result();
    }
    std::printf("%-28s %12.1f %12.1f %12.1f %14.0f %14.0f %8.2f\n", test.name, best[0].median_us,
                best[1].median_us, best[1].median_us - best[0].median_us, best[0].calls_per_second,
                best[1].calls_per_second, best[1].calls_per_second / best[0].calls_per_second);
  }
  if (failures > 0) std::fprintf(stderr, "%d calls failed\n", failures);
  return failures > 0 ? 1 : 0;
}

int Main() {
  std::string folder = "/tmp/crm-proxy-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  const std::string runtime = folder + "/runtime.sock";
  const std::string relay = folder + "/relay.sock";
  // Forked before gRPC starts a thread in this process.
  std::vector<pid_t> children;
  for (const std::function<void()>& serve : {std::function<void()>([&] { ServeRuntime(runtime); }),
                                             std::function<void()>([&] { ServeProxy(relay, runtime); })}) {
    const pid_t child = ::fork();
    if (child == 0) {
      serve();
      ::_exit(1);
    }
    children.push_back(child);
  }
  const int status = Compare(runtime, relay);
  for (const pid_t child : children) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  std::filesystem::remove_all(folder);
  return status;
}

}  // namespace
}  // namespace crm

int main() { return crm::Main(); }
