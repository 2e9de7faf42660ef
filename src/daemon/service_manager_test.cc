#include "daemon/service_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace crm::daemon {
namespace {

using ::testing::StartsWith;

config::GetVariable Variables(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

// The service manager's end: a socket by path or, with '@', by abstract name.
class Listener {
 public:
  explicit Listener(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    const bool is_abstract = name[0] == '@';
    if (is_abstract) address.sun_path[0] = '\0';
    const size_t length = offsetof(sockaddr_un, sun_path) + name.size() + (is_abstract ? 0 : 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(length)), 0);
  }
  ~Listener() { close(fd_); }

  // What was sent since, "" for nothing.
  std::string Received() const {
    char text[512];
    const ssize_t size = recv(fd_, text, sizeof text, MSG_DONTWAIT);
    return size < 0 ? "" : std::string(text, static_cast<size_t>(size));
  }

 private:
  const int fd_;
};

class ServiceManagerTest : public ::testing::TestWithParam<bool> {};

TEST_P(ServiceManagerTest, IsTold) {
  std::string folder = ::testing::TempDir() + "notify.XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string name = GetParam() ? "@crm" + folder : folder + "/s";
  const Listener listener(name);
  const ServiceManager manager(Variables({{"NOTIFY_SOCKET", name}}));
  manager.Ready("serving");
  EXPECT_EQ(listener.Received(), "READY=1\nSTATUS=serving");
  manager.Alive();
  EXPECT_EQ(listener.Received(), "WATCHDOG=1");
  manager.Reloading();
  EXPECT_THAT(listener.Received(), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  manager.Stopping();
  EXPECT_EQ(listener.Received(), "STOPPING=1");
  EXPECT_EQ(listener.Received(), "");
}

INSTANTIATE_TEST_SUITE_P(PathAndAbstract, ServiceManagerTest, ::testing::Bool());

TEST(ServiceManager, MayBeAbsent) {
  ServiceManager(Variables({})).Ready("x");
  ServiceManager(Variables({{"NOTIFY_SOCKET", "/nonexistent/socket"}})).Ready("x");
  ServiceManager(Variables({{"NOTIFY_SOCKET", "relative"}})).Ready("x");
  ServiceManager(Variables({{"NOTIFY_SOCKET", "/" + std::string(200, 'x')}})).Ready("x");
}

TEST(ServiceManager, Watchdog) {
  const auto interval = [](std::map<std::string, std::string> variables) {
    variables.emplace("NOTIFY_SOCKET", "/s");
    return ServiceManager(Variables(std::move(variables))).WatchdogInterval();
  };
  EXPECT_EQ(interval({}), absl::InfiniteDuration());
  EXPECT_EQ(interval({{"WATCHDOG_USEC", "3000000"}}), absl::Milliseconds(1500));
  EXPECT_EQ(interval({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", std::to_string(getpid())}}),
            absl::Milliseconds(1500));
  EXPECT_EQ(interval({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "1"}}), absl::InfiniteDuration());
  EXPECT_EQ(interval({{"WATCHDOG_USEC", "x"}}), absl::InfiniteDuration());
}

}  // namespace
}  // namespace crm::daemon
