// The commands of cri-resmgr that end by themselves, with their exit status: spec 10 sections 2.3, 6.6, 15.3.
#include "daemon/daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "base/fs.h"
#include "base/log_settings.h"
#include "daemon/instance.h"
#include "state/store.h"

namespace crm::daemon {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

class DaemonTest : public ::testing::Test {
 protected:
  DaemonTest() {
    folder_ = ::testing::TempDir() + "daemon_test.XXXXXX";
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~DaemonTest() override { EXPECT_TRUE(SetLogSettings(before_).ok()); }

  // The exit status; output_ and errors_ hold what was printed.
  int Ran(std::vector<std::string> words, const std::vector<std::string>& rest = {}) {
    words.push_back("--relay-dir=" + folder_ + "/state");
    words.push_back("--relay-socket=" + folder_ + "/relay");
    Options options;
    EXPECT_TRUE(options.Flags().ParseWords(words, nullptr).ok());
    CaptureStdout();
    CaptureStderr();
    const int status = daemon::Run(std::move(options), rest);
    output_ = GetCapturedStdout();
    errors_ = GetCapturedStderr();
    return status;
  }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    EXPECT_TRUE(RealFileSystem().WriteAtomically(path, text, 0600).ok());
    return path;
  }

  void Remember() {
    state::State state;
    state.policy = "topology-aware";
    state.grants = "{}";
    state.config = state::AgentConfig{"n", {{"policy", "Active: none"}}};
    state.containers["p:c"].container.cache_id = "p:c";
    state.containers["p:c"].assignment.cpus = CpuSet{1};
    ASSERT_TRUE(RealFileSystem().MakeDirectories(folder_ + "/state", 0700).ok());
    ASSERT_TRUE(state::Store(RealFileSystem(), {folder_ + "/state"}).Save(state).ok());
  }

  state::State Remembered() {
    absl::StatusOr<state::Store::Loaded> loaded =
        state::Store(RealFileSystem(), {folder_ + "/state"}).Load("test");
    EXPECT_TRUE(loaded.ok());
    return loaded->state;
  }

  const LogSettings before_ = GetLogSettings();
  std::string folder_;
  std::string output_;
  std::string errors_;
};

TEST_F(DaemonTest, UnknownWords) {
  EXPECT_EQ(Ran({}, {"a", "b"}), 1);
  EXPECT_THAT(errors_, HasSubstr("unknown command line arguments: a,b\n"));
  EXPECT_THAT(errors_, HasSubstr("Usage: cri-resmgr"));
}

TEST_F(DaemonTest, Information) {
  EXPECT_EQ(Ran({"--version", "--list-policies"}), 0);
  EXPECT_THAT(output_, HasSubstr("version information"));
  EXPECT_EQ(Ran({}, {"help", "logger"}), 0);
  EXPECT_THAT(output_, HasSubstr("module logger"));
  EXPECT_EQ(Ran({"--force-config=a", "--fallback-config=b"}), 1);
  EXPECT_THAT(errors_, HasSubstr("exclude each other"));
}

TEST_F(DaemonTest, ChecksAConfiguration) {
  EXPECT_EQ(Ran({"--check-config",
                 "--force-config=" + Write("good", "policy: {Active: none}\ncpu: {classes: {a: }}")}),
            0);
  EXPECT_THAT(output_, HasSubstr("warning: cpu: not supported yet"));
  EXPECT_EQ(Ran({"--check-config", "--fallback-config=" + Write("bad", "policy: {active: none}")}), 1);
  EXPECT_THAT(output_, HasSubstr("policy.active: unknown configuration data \"active\""));
  EXPECT_EQ(Ran({"--check-config", "--fallback-config=" + folder_ + "/missing"}), 1);
  EXPECT_THAT(errors_, HasSubstr("missing: No such file or directory"));
  EXPECT_EQ(Ran({"--check-config"}), 1);
  const std::string impossible =
      Write("impossible", "policy: {Active: topology-aware, ReservedResources: {CPU: \"cpuset:60000\"}}");
  EXPECT_EQ(Ran({"--check-config", "--force-config=" + impossible}), 1);
  EXPECT_THAT(errors_, HasSubstr("60000"));
}

TEST_F(DaemonTest, Resets) {
  Remember();
  EXPECT_EQ(Ran({"--reset-config"}), 0);
  EXPECT_FALSE(Remembered().config.has_value());
  EXPECT_EQ(Remembered().policy, "topology-aware");
  Remember();
  EXPECT_EQ(Ran({"--reset-policy"}), 0);
  EXPECT_TRUE(Remembered().config.has_value());
  EXPECT_EQ(Remembered().policy, "");
  EXPECT_EQ(Remembered().grants, "");
  EXPECT_FALSE(Remembered().containers.at("p:c").assignment.cpus.has_value());
  EXPECT_EQ(Ran({"--reset-policy", "--reset-config"}), 0);
  EXPECT_FALSE(Remembered().config.has_value());
}

// Spec 10 vectors 16.5: refused, status not 0, file unchanged.
TEST_F(DaemonTest, DoesNotResetUnderALiveInstance) {
  Remember();
  {
    Instance other;
    ASSERT_TRUE(other.Claim(folder_ + "/state").ok());
    EXPECT_EQ(Ran({"--reset-config", "--reset-policy"}), 1);
    EXPECT_THAT(errors_, HasSubstr("refusing to reset"));
  }
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string relay = folder_ + "/relay";
  std::memcpy(address.sun_path, relay.data(), relay.size());
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  EXPECT_EQ(Ran({"--reset-config", "--reset-policy"}), 1);
  EXPECT_THAT(errors_, HasSubstr("relay\" already exists"));
  EXPECT_TRUE(Remembered().config.has_value());
  EXPECT_EQ(Remembered().policy, "topology-aware");
  close(listener);
  EXPECT_EQ(Ran({"--reset-config"}), 0);
}

}  // namespace
}  // namespace crm::daemon
