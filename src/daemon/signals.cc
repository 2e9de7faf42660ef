#include "daemon/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "base/status.h"

namespace crm::daemon {
namespace {

struct NamedSignal {
  std::string_view name;
  int number;
};
// Signals that mean nothing else to this process.
constexpr NamedSignal kReloadSignals[] = {
    {"SIGHUP", SIGHUP},   {"SIGUSR2", SIGUSR2},     {"SIGALRM", SIGALRM}, {"SIGVTALRM", SIGVTALRM},
    {"SIGPROF", SIGPROF}, {"SIGIO", SIGIO},         {"SIGPOLL", SIGIO},   {"SIGPWR", SIGPWR},
    {"SIGURG", SIGURG},   {"SIGWINCH", SIGWINCH},   {"SIGCONT", SIGCONT}, {"SIGQUIT", SIGQUIT},
    {"SIGTSTP", SIGTSTP}, {"SIGTTIN", SIGTTIN},     {"SIGTTOU", SIGTTOU}, {"SIGXCPU", SIGXCPU},
    {"SIGXFSZ", SIGXFSZ}, {"SIGSTKFLT", SIGSTKFLT},
};

sigset_t WaitedFor(int reload_signal) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, number);
  if (reload_signal != 0) sigaddset(&set, reload_signal);
  return set;
}

void ExitNow(int) { _exit(1); }

// From now on the first of these ends the process, so that a hanging shutdown can be cut short.
void ArmSecondSignal() {
  signal(SIGTERM, ExitNow);
  signal(SIGINT, ExitNow);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

absl::StatusOr<int> ReloadSignal(std::string_view name) {
  if (name.empty() || absl::AsciiStrToLower({name.data(), name.size()}).starts_with("disable")) return 0;
  std::string known;
  for (const NamedSignal& signal : kReloadSignals) {
    if (signal.name == name) return signal.number;
    known += fmt::format("{}, ", signal.name);
  }
  return InvalidArgument("--force-config-signal \"{}\": unknown or taken, expected one of {}disabled", name,
                         known);
}

Signals::Signals(int reload_signal) : reload_signal_(reload_signal) {
  const sigset_t set = WaitedFor(reload_signal_);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

Signals::Event Signals::Wait(absl::Duration timeout) const {
  const sigset_t set = WaitedFor(reload_signal_);
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    const timespec left = absl::ToTimespec(std::max(deadline - absl::Now(), absl::ZeroDuration()));
    const int number =
        timeout == absl::InfiniteDuration() ? sigwaitinfo(&set, nullptr) : sigtimedwait(&set, nullptr, &left);
    if (number < 0) {
      if (errno == EINTR) continue;
      return Event::kTimeout;
    }
    if (number == reload_signal_) return Event::kReload;
    if (number == SIGHUP) return Event::kIgnored;
    if (number == SIGUSR1) return Event::kToggleDebug;
    ArmSecondSignal();
    return Event::kEnd;
  }
}

}  // namespace crm::daemon
