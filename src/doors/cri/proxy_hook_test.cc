#include "doors/cri/proxy_hook.h"

#include <atomic>

#include "doors/cri/proxy.h"
#include "doors/cri/proxy_testing.h"
#include "gmock/gmock.h"

namespace crm::doors::cri {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kCreate[] = "/runtime.v1.RuntimeService/CreateContainer";

// What the hooks of a test do and what they saw.
struct Script {
  std::function<void(std::string, UnaryCallHook::RequestDone)> on_request;
  std::function<void(UpstreamOutcome, UnaryCallHook::ResponseDone)> on_response;
  std::atomic<int> requests = 0;
  std::atomic<int> responses = 0;
  std::atomic<int> alive = 0;
};

class ScriptedHook : public UnaryCallHook {
 public:
  explicit ScriptedHook(Script& script) : script_(script) { ++script_.alive; }
  ~ScriptedHook() override { --script_.alive; }
  void OnRequest(std::string request, RequestDone done) override {
    ++script_.requests;
    script_.on_request(std::move(request), [done = std::move(done)](RequestVerdict verdict) {
      HandOver();
      done(std::move(verdict));
    });
  }
  void OnResponse(UpstreamOutcome outcome, ResponseDone done) override {
    ++script_.responses;
    script_.on_response(std::move(outcome), [done = std::move(done)](ResponseVerdict verdict) {
      HandOver();
      done(std::move(verdict));
    });
  }

 private:
  Script& script_;
};

class ProxyHookTest : public testing::Test {
 protected:
  void StartRuntime(FakeRuntime::Script create) {
    runtime_ = std::make_unique<FakeRuntime>(
        folder_ / "runtime.sock",
        std::map<std::string, FakeRuntime::Script>{
            {kCreate,
             [this, create](RuntimeCall& call) {
               ++forwarded_;
               create(call);
             }},
            {"/runtime.v1.RuntimeService/Version", [](RuntimeCall& call) { call.Reply("version"); }}});
  }
  void StartProxy() {
    ProxyOptions options;
    options.relay_socket = folder_ / "relay.sock";
    options.runtime_socket = folder_ / "runtime.sock";
    options.hooks = [this](std::string_view method) -> std::unique_ptr<UnaryCallHook> {
      if (method != kCreate) return nullptr;
      return std::make_unique<ScriptedHook>(script_);
    };
    auto proxy = Proxy::Start(std::move(options));
    ASSERT_TRUE(proxy.ok()) << proxy.status();
    proxy_ = *std::move(proxy);
  }
  grpc::Status Create(const std::string& request, std::string* response = nullptr) {
    return CallUnary(folder_ / "relay.sock", kCreate, request, response);
  }

  TempFolder folder_;
  Script script_;
  std::atomic<int> forwarded_ = 0;
  std::unique_ptr<FakeRuntime> runtime_;
  std::unique_ptr<Proxy> proxy_;
};

void EchoOnce(RuntimeCall& call) { call.Reply(call.Read().value_or("nothing")); }

TEST_F(ProxyHookTest, SeesAndLeavesRequestAndResponse) {
  std::string seen;
  UpstreamOutcome outcome;
  script_.on_request = [&](std::string request, UnaryCallHook::RequestDone done) {
    seen = std::move(request);
    done(RequestVerdict::ForwardAsReceived());
  };
  script_.on_response = [&](UpstreamOutcome ended, UnaryCallHook::ResponseDone done) {
    outcome = std::move(ended);
    done(ResponseVerdict::Leave());
  };
  StartRuntime(EchoOnce);
  StartProxy();
  const std::string request("\x0a\x00\xff", 3);
  std::string response;
  EXPECT_TRUE(Create(request, &response).ok());
  EXPECT_EQ(seen, request);
  EXPECT_EQ(response, request);
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_TRUE(outcome.maybe_executed);
  EXPECT_EQ(outcome.response, request);
  proxy_->Stop(absl::ZeroDuration());
  EXPECT_EQ(script_.responses, 1);
  EXPECT_EQ(script_.alive, 0);
}

TEST_F(ProxyHookTest, ChangesRequestAndResponse) {
  script_.on_request = [](const std::string& request, const UnaryCallHook::RequestDone& done) {
    done(RequestVerdict::ForwardChanged(request + " changed"));
  };
  script_.on_response = [](const UpstreamOutcome& outcome, const UnaryCallHook::ResponseDone& done) {
    done(ResponseVerdict::ReplaceWith(outcome.response + " twice"));
  };
  StartRuntime(EchoOnce);
  StartProxy();
  std::string response;
  EXPECT_TRUE(Create("request", &response).ok());
  EXPECT_EQ(response, "request changed twice");
}

TEST_F(ProxyHookTest, AnswersFromAnotherThread) {
  // `done` may end the call before emplace_back returns.
  std::mutex mutex;
  std::vector<std::thread> threads;
  const auto later = [&](std::function<void()> work) {
    const std::lock_guard<std::mutex> lock(mutex);
    threads.emplace_back(std::move(work));
  };
  script_.on_request = [&](const std::string& request, const UnaryCallHook::RequestDone& done) {
    later([=] { done(RequestVerdict::ForwardChanged(request + " later")); });
  };
  script_.on_response = [&](const UpstreamOutcome&, const UnaryCallHook::ResponseDone& done) {
    later([=] { done(ResponseVerdict::Leave()); });
  };
  StartRuntime(EchoOnce);
  StartProxy();
  std::string response;
  EXPECT_TRUE(Create("request", &response).ok());
  EXPECT_EQ(response, "request later");
  proxy_->Stop(absl::ZeroDuration());
  const std::lock_guard<std::mutex> lock(mutex);
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ProxyHookTest, RefusesWithoutForwarding) {
  script_.on_request = [](const std::string&, const UnaryCallHook::RequestDone& done) {
    done(RequestVerdict::Refuse(absl::ResourceExhaustedError("cri-resmgr: no CPU left")));
  };
  StartRuntime(EchoOnce);
  StartProxy();
  const grpc::Status status = Create("request");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), "cri-resmgr: no CPU left");
  EXPECT_EQ(forwarded_, 0);
  EXPECT_EQ(script_.responses, 0);
}

TEST_F(ProxyHookTest, AnswersWithoutForwarding) {
  script_.on_request = [](const std::string&, const UnaryCallHook::RequestDone& done) {
    done(RequestVerdict::AnswerWith("own answer"));
  };
  StartRuntime(EchoOnce);
  StartProxy();
  std::string response;
  EXPECT_TRUE(Create("request", &response).ok());
  EXPECT_EQ(response, "own answer");
  EXPECT_EQ(forwarded_, 0);
  EXPECT_EQ(script_.responses, 0);
}

TEST_F(ProxyHookTest, LetsPass) {
  script_.on_request = [](const std::string&, const UnaryCallHook::RequestDone& done) {
    done(RequestVerdict::LetPass());
  };
  StartRuntime(EchoOnce);
  StartProxy();
  std::string response;
  EXPECT_TRUE(Create("request", &response).ok());
  EXPECT_EQ(response, "request");
  EXPECT_EQ(script_.responses, 0);
}

TEST_F(ProxyHookTest, LeavesTheRuntimesErrorAsItIs) {
  UpstreamOutcome outcome;
  script_.on_request = [](const std::string&, const UnaryCallHook::RequestDone& done) {
    done(RequestVerdict::ForwardAsReceived());
  };
  script_.on_response = [&](UpstreamOutcome ended, const UnaryCallHook::ResponseDone& done) {
    outcome = std::move(ended);
    done(ResponseVerdict::Leave());
  };
  StartRuntime([](RuntimeCall& call) {
    call.context().AddTrailingMetadata("x-late", "1");
    call.Finish({grpc::StatusCode::UNAVAILABLE, "name is reserved", "details"});
  });
  StartProxy();
  RawClient client(folder_ / "relay.sock");
  ClientCall call(client, kCreate);
  const grpc::Status status = call.Unary("request");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "name is reserved");
  EXPECT_EQ(status.error_details(), "details");
  EXPECT_THAT(call.trailers(), testing::Contains(testing::Pair("x-late", "1")));
  EXPECT_EQ(outcome.status, absl::UnavailableError("name is reserved"));
  EXPECT_TRUE(outcome.maybe_executed);
  EXPECT_THAT(outcome.response, IsEmpty());
}

TEST_F(ProxyHookTest, FailsWhatTheRuntimeDid) {
  script_.on_request = [](const std::string&, const UnaryCallHook::RequestDone& done) {
    done(RequestVerdict::ForwardAsReceived());
  };
  script_.on_response = [](const UpstreamOutcome&, const UnaryCallHook::ResponseDone& done) {
    done(ResponseVerdict::Fail(absl::InternalError("cri-resmgr: cannot save")));
  };
  StartRuntime(EchoOnce);
  StartProxy();
  std::string response;
  const grpc::Status status = Create("request", &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(status.error_message(), "cri-resmgr: cannot save");
  EXPECT_EQ(response, "");
}

// The client goes away after the runtime got the request: the container may exist.
TEST_F(ProxyHookTest, ToldOfACancellationAfterForwarding) {
  Event in_runtime;
  Event told;
  UpstreamOutcome outcome;
  script_.on_request = [](const std::string&, const UnaryCallHook::RequestDone& done) {
    done(RequestVerdict::ForwardAsReceived());
  };
  script_.on_response = [&](UpstreamOutcome ended, const UnaryCallHook::ResponseDone& done) {
    outcome = std::move(ended);
    done(ResponseVerdict::Leave());
    told.Notify();
  };
  StartRuntime([&](RuntimeCall& call) {
    call.Read();
    in_runtime.Notify();
    EXPECT_TRUE(call.WaitUntilOver());
  });
  StartProxy();
  RawClient client(folder_ / "relay.sock");
  ClientCall call(client, kCreate);
  call.Start();
  call.Write("request");
  call.WritesDone();
  ASSERT_TRUE(in_runtime.Wait());
  call.context().TryCancel();
  ASSERT_TRUE(told.Wait());
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(outcome.maybe_executed);
  EXPECT_EQ(script_.responses, 1);
}

TEST_F(ProxyHookTest, ToldOfACancellationBeforeForwarding) {
  Event asked;
  Event told;
  UnaryCallHook::RequestDone pending;
  UpstreamOutcome outcome;
  script_.on_request = [&](const std::string&, UnaryCallHook::RequestDone done) {
    pending = std::move(done);
    asked.Notify();
  };
  script_.on_response = [&](UpstreamOutcome ended, const UnaryCallHook::ResponseDone& done) {
    outcome = std::move(ended);
    done(ResponseVerdict::Leave());
    told.Notify();
  };
  StartRuntime(EchoOnce);
  StartProxy();
  {
    RawClient client(folder_ / "relay.sock");
    ClientCall call(client, kCreate);
    call.Start();
    call.Write("request");
    call.WritesDone();
    ASSERT_TRUE(asked.Wait());
  }  // gone
  // The proxy answers other calls while a hook thinks; after Stop it has seen the cancellation.
  EXPECT_TRUE(CallUnary(folder_ / "relay.sock", "/runtime.v1.RuntimeService/Version", "").ok());
  std::thread stop([&] { proxy_->Stop(absl::ZeroDuration()); });
  pending(RequestVerdict::ForwardAsReceived());
  stop.join();  // waits for the hook
  ASSERT_TRUE(told.Wait());
  EXPECT_EQ(script_.responses, 1);
  EXPECT_EQ(script_.alive, 0);
}

TEST_F(ProxyHookTest, ToldThatNothingWasSent) {
  UpstreamOutcome outcome;
  outcome.maybe_executed = true;
  script_.on_request = [](const std::string&, const UnaryCallHook::RequestDone& done) {
    done(RequestVerdict::ForwardAsReceived());
  };
  script_.on_response = [&](UpstreamOutcome ended, const UnaryCallHook::ResponseDone& done) {
    outcome = std::move(ended);
    done(ResponseVerdict::Leave());
  };
  StartProxy();
  EXPECT_EQ(Create("request").error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(outcome.maybe_executed);
}

TEST_F(ProxyHookTest, ToldThatTheRuntimeDied) {
  Event in_runtime;
  UpstreamOutcome outcome;
  script_.on_request = [](const std::string&, const UnaryCallHook::RequestDone& done) {
    done(RequestVerdict::ForwardAsReceived());
  };
  script_.on_response = [&](UpstreamOutcome ended, const UnaryCallHook::ResponseDone& done) {
    outcome = std::move(ended);
    done(ResponseVerdict::Leave());
  };
  StartRuntime([&](RuntimeCall& call) {
    call.Read();
    in_runtime.Notify();
  });
  StartProxy();
  RawClient client(folder_ / "relay.sock");
  ClientCall call(client, kCreate);
  call.Start();
  call.Write("request");
  ASSERT_TRUE(in_runtime.Wait());
  runtime_.reset();
  EXPECT_FALSE(call.Finish().ok());
  EXPECT_FALSE(outcome.status.ok());
  EXPECT_TRUE(outcome.maybe_executed);
}

}  // namespace
}  // namespace crm::doors::cri
