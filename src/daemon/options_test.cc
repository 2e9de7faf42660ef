#include "daemon/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "base/status.h"
#include "daemon/inform.h"
#include "daemon/signals.h"

namespace crm::daemon {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Options Parsed(const std::vector<std::string>& words) {
  Options options;
  EXPECT_TRUE(options.Flags().ParseWords(words, nullptr).ok());
  return options;
}

std::string Refused(const std::vector<std::string>& words) {
  Options options = Parsed(words);
  return std::string(Message(options.Normalize()));
}

TEST(Options, EveryOptionOfTheOriginalIsAccepted) {
  const Options defaults;
  for (const char* word : {"host-root=/h",
                           "runtime-socket=/r",
                           "image-socket=-",
                           "relay-socket=/s",
                           "relay-dir=/d",
                           "allow-untested-runtimes",
                           "agent-socket=/a",
                           "config-socket=/c",
                           "pid-file=/p",
                           "fallback-config=f",
                           "force-config=f",
                           "force-config-signal=SIGUSR2",
                           "reset-config",
                           "reset-policy",
                           "disable-policy-switch",
                           "metrics-interval=30s",
                           "rebalance-interval=disable",
                           "disable-ui",
                           "external-visualizers=/v",
                           "print-config",
                           "list-policies",
                           "version",
                           "cgroup-mount=/g",
                           "cgroup-v2-dir=/g",
                           "kubelet-cgroup-root=/k",
                           "cgroup-path=/g",
                           "bpf-install-path=/b",
                           "add_dir_header",
                           "alsologtostderr",
                           "log_backtrace_at=x:1",
                           "log_dir=/l",
                           "log_file=/l",
                           "log_file_max_size=1",
                           "logtostderr",
                           "one_output",
                           "skip_headers",
                           "skip_log_headers",
                           "stderrthreshold=INFO",
                           "v=1",
                           "vmodule=a=1"}) {
    Options options;
    EXPECT_TRUE(options.Flags().ParseWords({std::string("-") + word}, nullptr).ok()) << word;
  }
}

TEST(Options, NamesWhatHasNoEffect) {
  EXPECT_THAT(Parsed({}).WithoutEffect(), IsEmpty());
  EXPECT_THAT(Parsed({"--metrics-interval=disable", "--relay-dir=/d"}).WithoutEffect(), IsEmpty());
  EXPECT_THAT(Parsed({"--disable-ui", "--bpf-install-path=/b", "--vmodule=a=1"}).WithoutEffect(),
              ElementsAre("--disable-ui", "--bpf-install-path", "--vmodule"));
}

TEST(Options, ContradictionsAreRefused) {
  EXPECT_EQ(Refused({}), "");
  EXPECT_THAT(Refused({"--force-config=a", "--fallback-config=b"}), HasSubstr("exclude each other"));
  EXPECT_THAT(Refused({"--runtime-socket=-"}), HasSubstr("a runtime is needed"));
  EXPECT_THAT(Refused({"--relay-socket=x"}), HasSubstr("expected an absolute path"));
  EXPECT_THAT(Refused({"--force-config-signal=SIGNOSUCH"}),
              AllOf(HasSubstr("\"SIGNOSUCH\""), HasSubstr("expected one of SIGHUP, SIGUSR2")));
  EXPECT_THAT(Refused({"--force-config-signal=SIGTERM"}), HasSubstr("unknown or taken"));
  EXPECT_THAT(Refused({"--force-config-signal=SIGUSR1"}), HasSubstr("unknown or taken"));
}

TEST(Options, SocketsLoseTheirScheme) {
  Options options =
      Parsed({"--relay-socket=unix:///s", "--runtime-socket=unix:///r", "--config-socket=disabled"});
  ASSERT_TRUE(options.Normalize().ok());
  EXPECT_EQ(options.relay_socket, "/s");
  EXPECT_EQ(options.runtime_socket, "/r");
  EXPECT_EQ(options.config_socket, "");
}

TEST(Options, ReloadSignals) {
  EXPECT_EQ(*ReloadSignal("SIGHUP"), SIGHUP);
  EXPECT_EQ(*ReloadSignal("SIGUSR2"), SIGUSR2);
  EXPECT_EQ(*ReloadSignal(""), 0);
  EXPECT_EQ(*ReloadSignal("Disabled"), 0);
  EXPECT_EQ(*ReloadSignal("disable"), 0);
  EXPECT_FALSE(ReloadSignal("HUP").ok());
}

// The mask is the thread's own, so the test's other threads never see these signals.
TEST(Signals, BecomeEvents) {
  std::thread([] {
    const Signals signals(SIGUSR2);
    const auto raised = [&](int number) {
      pthread_kill(pthread_self(), number);
      return signals.Wait(absl::InfiniteDuration());
    };
    EXPECT_EQ(raised(SIGUSR2), Signals::Event::kReload);
    EXPECT_EQ(raised(SIGHUP), Signals::Event::kIgnored);
    EXPECT_EQ(raised(SIGUSR1), Signals::Event::kToggleDebug);
    EXPECT_EQ(signals.Wait(absl::ZeroDuration()), Signals::Event::kTimeout);
  }).join();
  std::thread([] {
    const Signals signals(SIGHUP);
    pthread_kill(pthread_self(), SIGHUP);
    EXPECT_EQ(signals.Wait(absl::InfiniteDuration()), Signals::Event::kReload);
  }).join();
}

placement::PolicyRegistry Registry() {
  const placement::PolicyFactory none =
      [](const auto&, const auto&, const auto&) -> absl::StatusOr<std::unique_ptr<placement::Policy>> {
    return InvalidArgument("not made in this test");
  };
  placement::PolicyRegistry registry;
  registry.Register("topology-aware", "By topology.", none);
  registry.Register("none", "Nothing.", none);
  return registry;
}

std::string Informed(const std::vector<std::string>& options, const std::vector<std::string>& words = {}) {
  return Inform(Parsed(options), words, Registry()).value_or("runs");
}

TEST(Inform, AnswersWhatIsAsked) {
  EXPECT_EQ(Informed({}), "runs");
  EXPECT_EQ(Informed({}, {"nosuch"}), "runs");
  EXPECT_THAT(Informed({"--version"}), StartsWith("cri-resmgr version information:\n  - version: "));
  EXPECT_THAT(Informed({"--version"}), HasSubstr("\n  - build:   "));
  EXPECT_EQ(Informed({"--list-policies"}),
            "Available policies:\n  * memtier: An alias of topology-aware.\n  * none: Nothing.\n"
            "  * topology-aware: By topology.\n");
  EXPECT_THAT(Informed({"--print-config"}),
              AllOf(HasSubstr("\npolicy:\n  Active: none\n"), testing::EndsWith("\n\n")));
  EXPECT_THAT(Informed({"--print-config", "--log_file=/l"}), HasSubstr("log_file: /l\n"));
}

TEST(Inform, HelpByTopic) {
  EXPECT_THAT(Informed({}, {"help"}), HasSubstr("implicit module main"));
  EXPECT_THAT(Informed({}, {"help", "dump"}), StartsWith("module dump - "));
  EXPECT_THAT(Informed({}, {"config-help", ".page-migration", "rdt"}),
              AllOf(HasSubstr("module page-migration"), HasSubstr("module rdt")));
  EXPECT_EQ(Informed({}, {"help", "nosuch", "neither"}), "No matching modules found.\n");
  EXPECT_THAT(Informed({}, {"help", ""}), HasSubstr("module policy"));
}

}  // namespace
}  // namespace crm::daemon
