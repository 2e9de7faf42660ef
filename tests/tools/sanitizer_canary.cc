// Shows that a sanitizer preset sees what it must and keeps quiet where it must: a preset that reports
// nothing because it sees nothing would be green for ever. sanitizer_canary MODE; tests/setup/sanitizer.sh
// knows which modes must fail.
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

namespace {

struct Shared {
  absl::Mutex mutex;
  int value = 0;
};

constexpr int kRounds = 20000;

template <typename Step>
void TwoThreads(Step step) {
  std::thread other([&] {
    for (int i = 0; i < kRounds; ++i) step();
  });
  for (int i = 0; i < kRounds; ++i) step();
  other.join();
}

int Race() {
  Shared shared;
  TwoThreads([&] { ++shared.value; });
  return shared.value;
}

int Mutex() {
  Shared shared;
  TwoThreads([&] {
    absl::MutexLock lock(&shared.mutex);
    ++shared.value;
  });
  return shared.value;
}

// The waiter's condition is evaluated by whoever unlocks.
int Condition() {
  Shared shared;
  const auto play = [&shared](int parity) {
    for (int i = 0; i < kRounds / 10; ++i) {
      const auto mine = [&] { return shared.value % 2 == parity; };
      absl::MutexLock lock(&shared.mutex);
      shared.mutex.Await(absl::Condition(&mine));
      ++shared.value;
    }
  };
  std::thread other(play, 1);
  play(0);
  other.join();
  return shared.value;
}

int Notification() {
  int value = 0;
  for (int i = 0; i < kRounds / 100; ++i) {
    absl::Notification done;
    std::thread other([&] {
      ++value;
      done.Notify();
    });
    done.WaitForNotification();
    ++value;
    other.join();
  }
  return value;
}

int Overflow() {
  const auto bytes = std::make_unique<char[]>(16);
  std::memset(bytes.get(), 1, 16);
  volatile size_t at = 16;
  return bytes[at];
}

int Undefined() {
  volatile int large = 0x7fffffff;
  return large + 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 2 ? argv[1] : "";
  if (mode == "race") return Race() < 0;
  if (mode == "mutex") return Mutex() != 2 * kRounds;
  if (mode == "condition") return Condition() != 2 * (kRounds / 10);
  if (mode == "notification") return Notification() != 2 * (kRounds / 100);
  if (mode == "overflow") return Overflow() < 0;
  if (mode == "undefined") return Undefined() == 1;
  std::fputs("usage: sanitizer_canary race|mutex|condition|notification|overflow|undefined\n", stderr);
  return 2;
}
