#include "doors/cri/proxy.h"

#include <atomic>

#include "doors/cri/proxy_testing.h"
#include "gmock/gmock.h"

namespace crm::doors::cri {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr size_t kMiB = size_t{1} << 20;

std::string Method(const std::string& name) { return kRuntimePrefix + name; }

// A proxy before a scripted runtime.
struct Stage {
  explicit Stage(std::map<std::string, FakeRuntime::Script> scripts)
      : runtime(folder / "runtime.sock", std::move(scripts)) {
    ProxyOptions options;
    options.relay_socket = folder / "relay.sock";
    options.runtime_socket = folder / "runtime.sock";
    auto started = Proxy::Start(std::move(options));
    if (started.ok()) proxy = *std::move(started);
    client = std::make_unique<RawClient>(folder / "relay.sock");
  }

  TempFolder folder;
  FakeRuntime runtime;
  std::unique_ptr<Proxy> proxy;
  std::unique_ptr<RawClient> client;
};

// Values of `key` in order.
std::vector<std::string> Values(const Metadata& metadata, const std::string& key) {
  std::vector<std::string> values;
  for (const auto& [name, value] : metadata) {
    if (name == key) values.push_back(value);
  }
  return values;
}

void Echo(RuntimeCall& call) {
  while (const std::optional<std::string> message = call.Read()) {
    if (!call.Write(*message)) return;
  }
  call.Finish(grpc::Status::OK);
}

// The two ways through the proxy: a method it knows as unary, and one it knows nothing of.
class ProxyWayTest : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Ways, ProxyWayTest, testing::Values("Version", "FutureCall"));

// C20
TEST_P(ProxyWayTest, ForwardsBytesBothWays) {
  const std::string request("\x0a\x00\xff\xfe not protobuf", 18);
  std::string received;
  Stage stage({{Method(GetParam()), [&](RuntimeCall& call) {
                  received = call.Read().value_or("nothing");
                  call.Reply(std::string("\x00\x01", 2));
                }}});
  std::string response;
  const grpc::Status status = ClientCall(*stage.client, Method(GetParam())).Unary(request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(received, request);
  EXPECT_EQ(response, std::string("\x00\x01", 2));
}

TEST_P(ProxyWayTest, ForwardsTheEmptyMessage) {
  Stage stage({{Method(GetParam()), [](RuntimeCall& call) {
                  call.Reply(call.Read() == std::optional<std::string>("") ? "" : "no message");
                }}});
  std::string response = "unset";
  EXPECT_TRUE(ClientCall(*stage.client, Method(GetParam())).Unary("", &response).ok());
  EXPECT_EQ(response, "");
}

// C23
TEST_P(ProxyWayTest, ForwardsRequestMetadata) {
  Metadata seen;
  std::string authority;
  Stage stage({{Method(GetParam()), [&](RuntimeCall& call) {
                  seen = call.metadata();
                  authority = call.authority();
                  call.Reply("");
                }}});
  ClientCall call(*stage.client, Method(GetParam()));
  call.context().AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  call.context().AddMetadata("x-a", "second comes first");
  call.context().AddMetadata("x-a", "first");
  call.context().AddMetadata("k-bin", std::string("\x00\xff", 2));
  EXPECT_TRUE(call.Unary("").ok());
  EXPECT_THAT(Values(seen, "traceparent"),
              ElementsAre("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  EXPECT_THAT(Values(seen, "x-a"), ElementsAre("second comes first", "first"));
  EXPECT_THAT(Values(seen, "k-bin"), ElementsAre(std::string("\x00\xff", 2)));
  EXPECT_EQ(Values(seen, "user-agent").size(), 1u);
  EXPECT_EQ(authority, "localhost");
}

TEST_P(ProxyWayTest, ForwardsResponseMetadataAndTrailers) {
  Stage stage({{Method(GetParam()), [](RuntimeCall& call) {
                  call.context().AddInitialMetadata("x-early", "1");
                  call.context().AddInitialMetadata("x-early", "2");
                  call.context().AddTrailingMetadata("x-late", "3");
                  call.context().AddTrailingMetadata("late-bin", std::string("\x00\x80", 2));
                  call.Reply("");
                }}});
  ClientCall call(*stage.client, Method(GetParam()));
  EXPECT_TRUE(call.Unary("").ok());
  EXPECT_THAT(Values(call.initial_metadata(), "x-early"), ElementsAre("1", "2"));
  EXPECT_THAT(Values(call.trailers(), "x-late"), ElementsAre("3"));
  EXPECT_THAT(Values(call.trailers(), "late-bin"), ElementsAre(std::string("\x00\x80", 2)));
}

// C27, and the status details
TEST_P(ProxyWayTest, ForwardsAnErrorUnchanged) {
  const std::string message = "runc: " + std::string(20 << 10, 'x') + " \xc3\xa4%\n";
  const std::string details("\x08\x0e\x12\x00", 4);
  Stage stage({{Method(GetParam()), [&](RuntimeCall& call) {
                  call.context().AddTrailingMetadata("x-late", "1");
                  call.Finish({grpc::StatusCode::UNAVAILABLE, message, details});
                }}});
  ClientCall call(*stage.client, Method(GetParam()));
  const grpc::Status status = call.Unary("");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), message);
  EXPECT_EQ(status.error_details(), details);
  EXPECT_THAT(Values(call.trailers(), "x-late"), ElementsAre("1"));
}

TEST_P(ProxyWayTest, ForwardsALongErrorMessage) {
  const std::string message(200 << 10, 'm');
  Stage stage({{Method(GetParam()), [&](RuntimeCall& call) {
                  call.Finish({grpc::StatusCode::UNKNOWN, message});
                }}});
  const grpc::Status status = ClientCall(*stage.client, Method(GetParam())).Unary("");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(status.error_message().size(), message.size());
}

// C24
TEST_P(ProxyWayTest, ForwardsTheDeadline) {
  std::chrono::system_clock::time_point seen;
  Event over;
  bool cancelled = false;
  Stage stage({{Method(GetParam()), [&](RuntimeCall& call) {
                  seen = call.context().deadline();
                  cancelled = call.WaitUntilOver();
                  over.Notify();
                }}});
  const auto deadline = std::chrono::system_clock::now() + std::chrono::milliseconds(700);
  ClientCall call(*stage.client, Method(GetParam()));
  call.context().set_deadline(deadline);
  EXPECT_EQ(call.Unary("").error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  ASSERT_TRUE(over.Wait());
  EXPECT_TRUE(cancelled);
  EXPECT_LT(std::chrono::abs(seen - deadline), std::chrono::seconds(30));
}

TEST_P(ProxyWayTest, InventsNoDeadline) {
  bool infinite = false;
  Stage stage({{Method(GetParam()), [&](RuntimeCall& call) {
                  infinite = call.context().deadline() == std::chrono::system_clock::time_point::max();
                  call.Reply("");
                }}});
  EXPECT_TRUE(ClientCall(*stage.client, Method(GetParam())).Unary("").ok());
  EXPECT_TRUE(infinite);
}

// C25
TEST_P(ProxyWayTest, ForwardsCancellation) {
  Event started;
  Event over;
  bool cancelled = false;
  Stage stage({{Method(GetParam()), [&](RuntimeCall& call) {
                  started.Notify();
                  cancelled = call.WaitUntilOver();
                  over.Notify();
                }}});
  ClientCall call(*stage.client, Method(GetParam()));
  call.Start();
  call.Write("pull");
  call.WritesDone();
  ASSERT_TRUE(started.Wait());
  call.context().TryCancel();
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::CANCELLED);
  ASSERT_TRUE(over.Wait());
  EXPECT_TRUE(cancelled);
}

// C26
TEST_P(ProxyWayTest, ForwardsLargeMessages) {
  Stage stage({{Method(GetParam()), [](RuntimeCall& call) { call.Reply(call.Read().value_or("nothing")); }}});
  for (const size_t size : {15 * kMiB, 20 * kMiB, 64 * kMiB}) {
    std::string request(size, 'a');
    request.front() = 'b';
    request.back() = 'c';
    std::string response;
    EXPECT_TRUE(ClientCall(*stage.client, Method(GetParam())).Unary(request, &response).ok());
    EXPECT_TRUE(response == request) << size << " bytes sent, " << response.size() << " received";
  }
  RawClient kubelet(stage.folder / "relay.sock", 16 << 20);
  EXPECT_EQ(ClientCall(kubelet, Method(GetParam())).Unary(std::string(20 * kMiB, 'a')).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_P(ProxyWayTest, ServesManyCallersAtOnce) {
  Stage stage({{Method(GetParam()), [](RuntimeCall& call) { call.Reply(call.Read().value_or("nothing")); }}});
  std::atomic<int> right = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 64; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 10; ++i) {
        const std::string request = std::to_string(caller * 1000 + i);
        std::string response;
        const grpc::Status status = ClientCall(*stage.client, Method(GetParam())).Unary(request, &response);
        if (status.ok() && response == request) ++right;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(right, 640);
}

// C21: the runtime sends all of it in one go.
TEST(ProxyStreamTest, ForwardsAStreamThatEndsInAnError) {
  Stage stage({{Method("FutureStream"), [](RuntimeCall& call) {
                  call.Read();
                  call.context().AddTrailingMetadata("x-late", "1");
                  for (const char* message : {"one", "two", "three"}) call.Write(message);
                  call.Finish({grpc::StatusCode::NOT_FOUND, "not found", "details"});
                }}});
  for (int round = 0; round < 50; ++round) {
    ClientCall call(*stage.client, Method("FutureStream"));
    call.Start();
    call.Write("");
    call.WritesDone();
    ASSERT_EQ(call.Read(), "one");
    ASSERT_EQ(call.Read(), "two");
    ASSERT_EQ(call.Read(), "three");
    ASSERT_EQ(call.Read(), std::nullopt);
    const grpc::Status status = call.Finish();
    ASSERT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
    ASSERT_EQ(status.error_message(), "not found");
    ASSERT_EQ(status.error_details(), "details");
    ASSERT_THAT(Values(call.trailers(), "x-late"), ElementsAre("1"));
  }
}

TEST(ProxyStreamTest, ForwardsAClientStream) {
  std::vector<std::string> received;
  Stage stage({{Method("Upload"), [&](RuntimeCall& call) {
                  while (const auto message = call.Read()) received.push_back(*message);
                  call.Reply("done");
                }}});
  ClientCall call(*stage.client, Method("Upload"));
  call.Start();
  for (const char* message : {"one", "", "three"}) ASSERT_TRUE(call.Write(message));
  call.WritesDone();
  EXPECT_EQ(call.Read(), "done");
  EXPECT_TRUE(call.Finish().ok());
  EXPECT_THAT(received, ElementsAre("one", "", "three"));
}

TEST(ProxyStreamTest, ForwardsADialogue) {
  Stage stage({{Method("Talk"), Echo}});
  ClientCall call(*stage.client, Method("Talk"));
  call.Start();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(call.Write(std::to_string(i)));
    ASSERT_EQ(call.Read(), std::to_string(i));
  }
  call.WritesDone();
  EXPECT_EQ(call.Read(), std::nullopt);
  EXPECT_TRUE(call.Finish().ok());
}

TEST(ProxyStreamTest, ForwardsInitialMetadataBeforeAnyMessage) {
  Stage stage({{Method("GetContainerEvents"), [](RuntimeCall& call) {
                  call.context().AddInitialMetadata("x-early", "1");
                  call.SendInitialMetadata();
                  call.Read();
                  call.Finish(grpc::Status::OK);
                }}});
  ClientCall call(*stage.client, Method("GetContainerEvents"));
  call.Start();
  call.ReadInitialMetadata();
  EXPECT_THAT(Values(call.initial_metadata(), "x-early"), ElementsAre("1"));
  call.WritesDone();
  EXPECT_TRUE(call.Finish().ok());
}

TEST(ProxyStreamTest, EndsWhenTheRuntimeEndsFirst) {
  Stage stage({{Method("Talk"), [](RuntimeCall& call) {
                  call.Read();
                  call.Finish({grpc::StatusCode::ABORTED, "enough"});
                }}});
  ClientCall call(*stage.client, Method("Talk"));
  call.Start();
  call.Write("one");
  EXPECT_EQ(call.Read(), std::nullopt);  // the client never half-closes
  EXPECT_EQ(call.Finish().error_message(), "enough");
}

TEST(ProxyStreamTest, AClientThatGoesAwayDoesNotLookFinished) {
  Event started;
  Event over;
  bool cancelled = false;
  Stage stage({{Method("Upload"), [&](RuntimeCall& call) {
                  call.Read();
                  started.Notify();
                  call.Read();  // half-close or cancellation
                  cancelled = call.WaitUntilOver();
                  over.Notify();
                }}});
  {
    ClientCall call(*stage.client, Method("Upload"));
    call.Start();
    call.Write("one");
    ASSERT_TRUE(started.Wait());
  }
  ASSERT_TRUE(over.Wait());
  EXPECT_TRUE(cancelled);
}

TEST(ProxyStreamTest, HoldsNoMoreThanTheClientTakes) {
  std::atomic<int> written = 0;
  Stage stage({{Method("Flood"),
                [&](RuntimeCall& call) {
                  while (call.Write(std::string(kMiB, 'x'))) ++written;
                }},
               {Method("Version"), [](RuntimeCall& call) { call.Reply(""); }}});
  {
    ClientCall call(*stage.client, Method("Flood"));
    call.Start();
    call.WritesDone();
    ASSERT_TRUE(call.Read().has_value());
    // A hundred calls are time enough for a proxy without limit to take in much more than this.
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(ClientCall(*stage.client, Method("Version")).Unary("").ok());
    EXPECT_LT(written, 40);
  }
}

// C22
TEST(ProxyTest, RefusesOtherServices) {
  Stage stage({{"/grpc.health.v1.Health/Check", [](RuntimeCall& call) { call.Reply("never"); }}});
  for (const char* method : {"/grpc.health.v1.Health/Check", "/runtime.v1.OtherRuntimeService/Version",
                             "/RuntimeService.v1.Other/Version", "nonsense"}) {
    EXPECT_EQ(ClientCall(*stage.client, method).Unary("").error_code(), grpc::StatusCode::UNIMPLEMENTED)
        << method;
  }
}

TEST(ProxyTest, ForwardsOtherVersionsOfTheApi) {
  Stage stage({{"/runtime.v1alpha2.RuntimeService/Version", [](RuntimeCall& call) { call.Reply("old"); }}});
  std::string response;
  EXPECT_TRUE(
      ClientCall(*stage.client, "/runtime.v1alpha2.RuntimeService/Version").Unary("", &response).ok());
  EXPECT_EQ(response, "old");
}

TEST(ProxyTest, ForwardsTheRuntimesUnimplemented) {
  Stage stage({});
  const grpc::Status status = ClientCall(*stage.client, Method("RuntimeConfig")).Unary("");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(status.error_message(), "no script");
}

// C33
TEST(ProxyTest, ASlowCallHoldsUpNoOther) {
  Event started;
  Event release;
  Stage stage({{Method("CreateContainer"),
                [&](RuntimeCall& call) {
                  started.Notify();
                  EXPECT_TRUE(release.Wait());
                  call.Reply("created");
                }},
               {Method("ListContainers"), [](RuntimeCall& call) { call.Reply("list"); }}});
  ClientCall create(*stage.client, Method("CreateContainer"));
  create.Start();
  create.Write("");
  create.WritesDone();
  ASSERT_TRUE(started.Wait());
  std::string response;
  EXPECT_TRUE(ClientCall(*stage.client, Method("ListContainers")).Unary("", &response).ok());
  EXPECT_EQ(response, "list");
  release.Notify();
  EXPECT_EQ(create.Read(), "created");
  EXPECT_TRUE(create.Finish().ok());
}

}  // namespace
}  // namespace crm::doors::cri
