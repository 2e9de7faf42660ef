#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>

#include "absl/time/clock.h"
#include "doors/cri/proxy.h"
#include "doors/cri/proxy_testing.h"
#include "gmock/gmock.h"

namespace crm::doors::cri {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr char kVersion[] = "/runtime.v1.RuntimeService/Version";
constexpr char kListImages[] = "/runtime.v1.ImageService/ListImages";

std::map<std::string, FakeRuntime::Script> Named(const std::string& name) {
  const auto reply = [name](RuntimeCall& call) { call.Reply(name); };
  return {{kVersion, reply}, {kListImages, reply}};
}

mode_t Mode(const std::string& path) {
  struct stat found = {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

// A socket file that nobody listens on.
void LeaveDeadSocket(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ::close(fd);
}

class ProxySocketsTest : public testing::Test {
 protected:
  ProxyOptions Options() {
    ProxyOptions options;
    options.relay_socket = relay_;
    options.runtime_socket = folder_ / "runtime.sock";
    options.on_runtime_connected = [this] { ++connected_; };
    return options;
  }
  void StartProxy(ProxyOptions options) {
    auto proxy = Proxy::Start(std::move(options));
    ASSERT_TRUE(proxy.ok()) << proxy.status();
    proxy_ = *std::move(proxy);
  }
  std::string Answer(const char* method) {
    std::string response;
    const grpc::Status status = CallUnary(relay_, method, "", &response);
    return status.ok() ? response : status.error_message();
  }
  // Waits until `reached` holds; false when it never does.
  static bool Eventually(const std::function<bool()>& reached) {
    const absl::Time end = absl::Now() + kPatience;
    while (!reached()) {
      if (absl::Now() > end) return false;
      absl::SleepFor(absl::Milliseconds(1));
    }
    return true;
  }

  TempFolder folder_;
  const std::string relay_ = folder_ / "sub/dir/relay.sock";
  std::atomic<int> connected_ = 0;
  std::unique_ptr<Proxy> proxy_;
};

// C36, and the same for a method that may be a stream.
TEST_F(ProxySocketsTest, AnswersAtOnceWhenTheRuntimeIsAbsent) {
  StartProxy(Options());
  for (const char* method : {kVersion, "/runtime.v1.RuntimeService/FutureCall", kVersion, kListImages}) {
    // A proxy that waited for the runtime would run into this deadline.
    RawClient client(relay_);
    ClientCall call(client, method);
    call.context().set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(15));
    const grpc::Status status = call.Unary("");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << method;
    EXPECT_THAT(status.error_message(),
                AllOf(StartsWith("cri-resmgr: "), HasSubstr((folder_ / "runtime.sock") + " unreachable: ")));
  }
  EXPECT_THAT(Answer(kVersion),
              StartsWith("cri-resmgr: runtime " + (folder_ / "runtime.sock") + " unreachable: "));
}

TEST_F(ProxySocketsTest, AnswersAtOnceWhenNobodyListens) {
  LeaveDeadSocket(folder_ / "runtime.sock");
  StartProxy(Options());
  EXPECT_THAT(Answer(kVersion), HasSubstr("unreachable: "));
}

// C37
TEST_F(ProxySocketsTest, FollowsARestartOfTheRuntime) {
  StartProxy(Options());
  EXPECT_THAT(Answer(kVersion), HasSubstr("unreachable"));
  for (const char* name : {"first", "second", "third"}) {
    const int before = connected_;
    {
      FakeRuntime runtime(folder_ / "runtime.sock", Named(name));
      EXPECT_TRUE(Eventually([&] { return Answer(kVersion) == name; })) << Answer(kVersion);
      EXPECT_TRUE(Eventually([&] { return connected_ > before; }));
    }
    EXPECT_THAT(Answer(kVersion), HasSubstr("unreachable"));
  }
}

TEST_F(ProxySocketsTest, ReconnectsWithoutCalls) {
  StartProxy(Options());
  for (int round = 0; round < 2; ++round) {
    const int before = connected_;
    FakeRuntime runtime(folder_ / "runtime.sock", Named("runtime"));
    EXPECT_TRUE(Eventually([&] { return connected_ > before; }));
  }
}

TEST_F(ProxySocketsTest, EndsACallWhoseRuntimeDies) {
  Event started;
  auto runtime = std::make_unique<FakeRuntime>(
      folder_ / "runtime.sock",
      std::map<std::string, FakeRuntime::Script>{{kVersion, [&](RuntimeCall&) { started.Notify(); }}});
  StartProxy(Options());
  RawClient client(relay_);
  ClientCall call(client, kVersion);
  call.Start();
  call.Write("");
  ASSERT_TRUE(started.Wait());
  runtime.reset();
  EXPECT_FALSE(call.Finish().ok());
}

TEST_F(ProxySocketsTest, RoutesByService) {
  FakeRuntime runtime(folder_ / "runtime.sock", Named("runtime"));
  FakeRuntime images(folder_ / "image.sock", Named("images"));
  ProxyOptions options = Options();
  options.image_socket = folder_ / "image.sock";
  StartProxy(std::move(options));
  EXPECT_EQ(Answer(kVersion), "runtime");
  EXPECT_EQ(Answer(kListImages), "images");
}

TEST_F(ProxySocketsTest, UsesTheRuntimeSocketForImages) {
  FakeRuntime runtime(folder_ / "runtime.sock", Named("runtime"));
  StartProxy(Options());
  EXPECT_EQ(Answer(kListImages), "runtime");
}

TEST_F(ProxySocketsTest, AnAbsentImageSocketLeavesTheRuntimeAlone) {
  FakeRuntime runtime(folder_ / "runtime.sock", Named("runtime"));
  ProxyOptions options = Options();
  options.image_socket = folder_ / "image.sock";
  StartProxy(std::move(options));
  EXPECT_THAT(Answer(kListImages), HasSubstr((folder_ / "image.sock") + " unreachable: "));
  EXPECT_EQ(Answer(kVersion), "runtime");
}

TEST_F(ProxySocketsTest, ServesNoServiceWithoutSocket) {
  FakeRuntime runtime(folder_ / "runtime.sock", Named("runtime"));
  ProxyOptions options = Options();
  options.image_socket = "-";
  StartProxy(std::move(options));
  EXPECT_EQ(CallUnary(relay_, kListImages, "").error_code(), grpc::StatusCode::UNIMPLEMENTED);
  options = Options();
  options.relay_socket = folder_ / "other.sock";
  options.runtime_socket = "-";
  EXPECT_EQ(Proxy::Start(std::move(options)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ProxySocketsTest, DoesNotStealASocketInUse) {
  FakeRuntime runtime(folder_ / "runtime.sock", Named("runtime"));
  StartProxy(Options());
  const auto second = Proxy::Start(Options());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(second.status().message(), "socket \"" + relay_ + "\" already exists");
  EXPECT_EQ(Answer(kVersion), "runtime");
}

TEST_F(ProxySocketsTest, ReplacesADeadSocket) {
  FakeRuntime runtime(folder_ / "runtime.sock", Named("runtime"));
  std::filesystem::create_directories(folder_ / "sub/dir");
  LeaveDeadSocket(relay_);
  StartProxy(Options());
  EXPECT_EQ(Answer(kVersion), "runtime");
}

TEST_F(ProxySocketsTest, ServesAPathWithOddCharacters) {
  FakeRuntime runtime(folder_ / "run time%20?#.sock", Named("runtime"));
  ProxyOptions options = Options();
  options.runtime_socket = folder_ / "odd %41?#.sock";
  options.relay_socket = folder_ / "odd %41?#.sock";
  options.runtime_socket = folder_ / "runtime.sock";
  StartProxy(std::move(options));
  EXPECT_TRUE(std::filesystem::is_socket(folder_ / "odd %41?#.sock"));
}

TEST_F(ProxySocketsTest, RefusesBadPaths) {
  for (const std::string& path :
       {std::string(""), std::string("relative.sock"), folder_ / std::string(120, 'x')}) {
    ProxyOptions options = Options();
    options.relay_socket = path;
    EXPECT_EQ(Proxy::Start(std::move(options)).status().code(), absl::StatusCode::kInvalidArgument) << path;
  }
}

TEST_F(ProxySocketsTest, TakesOverTheRuntimesAccess) {
  const mode_t mask = ::umask(0);
  StartProxy(Options());
  ::umask(mask);
  EXPECT_EQ(Mode(relay_), 0660u);
  EXPECT_EQ(Mode(folder_ / "sub/dir"), 0711u);
  FakeRuntime runtime(folder_ / "runtime.sock", Named("runtime"));
  ASSERT_EQ(::chmod((folder_ / "runtime.sock").c_str(), 0602), 0);
  EXPECT_TRUE(Eventually([&] { return Mode(relay_) == 0602; }));
}

TEST_F(ProxySocketsTest, StopEndsCallsInFlight) {
  Event started;
  Event over;
  FakeRuntime runtime(folder_ / "runtime.sock", {{kVersion, [&](RuntimeCall& call) {
                                                    started.Notify();
                                                    EXPECT_TRUE(call.WaitUntilOver());
                                                    over.Notify();
                                                  }}});
  StartProxy(Options());
  RawClient client(relay_);
  ClientCall call(client, kVersion);
  call.Start();
  call.Write("");
  ASSERT_TRUE(started.Wait());
  proxy_->Stop(absl::Milliseconds(1));
  EXPECT_FALSE(call.Finish().ok());
  EXPECT_TRUE(over.Wait());
  EXPECT_FALSE(std::filesystem::exists(relay_));
}

TEST_F(ProxySocketsTest, StopLetsCallsFinish) {
  Event started;
  Event release;
  FakeRuntime runtime(folder_ / "runtime.sock", {{kVersion, [&](RuntimeCall& call) {
                                                    started.Notify();
                                                    EXPECT_TRUE(release.Wait());
                                                    call.Reply("late");
                                                  }}});
  StartProxy(Options());
  RawClient client(relay_);
  ClientCall call(client, kVersion);
  call.Start();
  call.Write("");
  call.WritesDone();
  ASSERT_TRUE(started.Wait());
  std::thread stop([&] { proxy_->Stop(kPatience); });
  EXPECT_TRUE(Eventually([&] { return !std::filesystem::exists(relay_); }));
  release.Notify();
  EXPECT_EQ(call.Read(), "late");
  EXPECT_TRUE(call.Finish().ok());
  stop.join();
}

}  // namespace
}  // namespace crm::doors::cri
