// Debian's Abseil is compiled without ThreadSanitizer, which therefore does not see that absl::Mutex and
// absl::Notification order anything, and reports every use as a race. In the tsan preset the linker (--wrap)
// sends our calls here; each passes on to Abseil and tells ThreadSanitizer what it means.
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

#define MUTEX(name) _ZN4absl7debian35Mutex##name
#define REAL(symbol) REAL_(symbol)
#define REAL_(symbol) __real_##symbol
#define WRAP(symbol) WRAP_(symbol)
#define WRAP_(symbol) __wrap_##symbol

using absl::Condition;
using absl::Duration;
using absl::Mutex;
using absl::Notification;
using absl::Time;

extern "C" {

void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

namespace {

// Whoever gives a mutex away evaluates the conditions of those who wait for it: under the mutex, but after we
// said that it was released. Nothing else of ours runs inside these calls.
class IgnoreConditions {
 public:
  IgnoreConditions() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~IgnoreConditions() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
  IgnoreConditions(const IgnoreConditions&) = delete;
  IgnoreConditions& operator=(const IgnoreConditions&) = delete;
};

}  // namespace

extern "C" {

#define CRM_LOCKS(symbol)            \
  void REAL(symbol)(Mutex * mutex);  \
  void WRAP(symbol)(Mutex * mutex) { \
    REAL(symbol)(mutex);             \
    __tsan_acquire(mutex);           \
  }
#define CRM_UNLOCKS(symbol)          \
  void REAL(symbol)(Mutex * mutex);  \
  void WRAP(symbol)(Mutex * mutex) { \
    __tsan_release(mutex);           \
    const IgnoreConditions ignore;   \
    REAL(symbol)(mutex);             \
  }
CRM_LOCKS(MUTEX(4LockEv))
CRM_LOCKS(MUTEX(10ReaderLockEv))
CRM_UNLOCKS(MUTEX(6UnlockEv))
CRM_UNLOCKS(MUTEX(12ReaderUnlockEv))

bool REAL(MUTEX(7TryLockEv))(Mutex* mutex);
bool WRAP(MUTEX(7TryLockEv))(Mutex* mutex) {
  const bool locked = REAL(MUTEX(7TryLockEv))(mutex);
  if (locked) __tsan_acquire(mutex);
  return locked;
}

void REAL(MUTEX(8LockWhenERKNS0_9ConditionE))(Mutex* mutex, const Condition& condition);
void WRAP(MUTEX(8LockWhenERKNS0_9ConditionE))(Mutex* mutex, const Condition& condition) {
  const IgnoreConditions ignore;
  REAL(MUTEX(8LockWhenERKNS0_9ConditionE))(mutex, condition);
  __tsan_acquire(mutex);
}

// Waiting gives the mutex away and takes it back.
void REAL(MUTEX(5AwaitERKNS0_9ConditionE))(Mutex* mutex, const Condition& condition);
void WRAP(MUTEX(5AwaitERKNS0_9ConditionE))(Mutex* mutex, const Condition& condition) {
  __tsan_release(mutex);
  const IgnoreConditions ignore;
  REAL(MUTEX(5AwaitERKNS0_9ConditionE))(mutex, condition);
  __tsan_acquire(mutex);
}

bool REAL(MUTEX(16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE))(Mutex*, const Condition&, Duration);
bool WRAP(MUTEX(16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE))(Mutex* mutex, const Condition& condition,
                                                                     Duration timeout) {
  __tsan_release(mutex);
  const IgnoreConditions ignore;
  const bool met = REAL(MUTEX(16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE))(mutex, condition, timeout);
  __tsan_acquire(mutex);
  return met;
}

bool REAL(MUTEX(17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE))(Mutex*, const Condition&, Time);
bool WRAP(MUTEX(17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE))(Mutex* mutex, const Condition& condition,
                                                                  Time deadline) {
  __tsan_release(mutex);
  const IgnoreConditions ignore;
  const bool met = REAL(MUTEX(17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE))(mutex, condition, deadline);
  __tsan_acquire(mutex);
  return met;
}

void __real__ZN4absl7debian312Notification6NotifyEv(Notification* notification);
void __wrap__ZN4absl7debian312Notification6NotifyEv(Notification* notification) {
  __tsan_release(notification);
  __real__ZN4absl7debian312Notification6NotifyEv(notification);
}

void __real__ZNK4absl7debian312Notification19WaitForNotificationEv(const Notification* notification);
void __wrap__ZNK4absl7debian312Notification19WaitForNotificationEv(const Notification* notification) {
  __real__ZNK4absl7debian312Notification19WaitForNotificationEv(notification);
  __tsan_acquire(const_cast<Notification*>(notification));
}

bool __real__ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE(
    const Notification*, Duration);
bool __wrap__ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE(
    const Notification* notification, Duration timeout) {
  const bool done = __real__ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE(
      notification, timeout);
  if (done) __tsan_acquire(const_cast<Notification*>(notification));
  return done;
}

}  // extern "C"
