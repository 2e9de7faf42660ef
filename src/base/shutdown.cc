#include "base/shutdown.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace crm {
namespace {

sigset_t ShutdownSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

void ExitNow(int) { _exit(1); }

}  // namespace

void BlockShutdownSignals() {
  const sigset_t set = ShutdownSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int WaitForSignal() {
  const sigset_t set = ShutdownSignals();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  if (number != SIGHUP) {
    signal(SIGTERM, ExitNow);
    signal(SIGINT, ExitNow);
    sigset_t unblock;
    sigemptyset(&unblock);
    sigaddset(&unblock, SIGTERM);
    sigaddset(&unblock, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &unblock, nullptr);
  }
  return number;
}

}  // namespace crm
