#include "kube/leader_election.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "fmt/format.h"
#include "kube/events.h"
#include "kube/lease_lock.h"
#include "metrics/registry.h"

namespace crm::kube {
namespace {

constexpr absl::Duration kReleaseTimeout = absl::Seconds(5);
constexpr double kCandidateJitter = 1.2;  // candidates wait one to 2.2 retry periods, not to come in step

absl::Status Check(const LeaderElectionOptions& options) {
  if (options.name.empty()) return InvalidArgument("leader election: no Lease name given");
  if (options.ns.empty()) {
    return InvalidArgument("leader election: no namespace given for Lease \"{}\"", options.name);
  }
  if (options.lease_duration <= options.renew_deadline || options.renew_deadline <= options.retry_period ||
      options.retry_period <= absl::ZeroDuration()) {
    return InvalidArgument(
        "leader election: lease duration {}, renew deadline {}, retry period {}; expected each to be longer "
        "than the next and all above zero",
        absl::FormatDuration(options.lease_duration), absl::FormatDuration(options.renew_deadline),
        absl::FormatDuration(options.retry_period));
  }
  return absl::OkStatus();
}

class Elector : public LeaderElector {
 public:
  Elector(Client& client, const LeaderElectionOptions& options, LeaderCallbacks callbacks)
      : options_(options),
        callbacks_(std::move(callbacks)),
        log_("leader-election"),
        what_(fmt::format("Lease {}/{}", options.ns, options.name)),
        lock_(client, {options.ns, options.name, options.identity, options.lease_duration, options.clock}) {
    if (options_.registry == nullptr) return;
    status_ = &options_.registry
                   ->Gauges("leader_election_master_status",
                            "Gauge of if the reporting system is master of the relevant lease, 0 indicates "
                            "backup, 1 indicates master. 'name' is the string used to identify the lease.",
                            {"name"})
                   .With({options_.name});
    status_->Set(0);
  }
  ~Elector() override { Stop(); }

  void Start() override {
    std::lock_guard lock(thread_mutex_);
    if (!thread_.joinable() && !end_.cancelled()) thread_ = std::thread([this] { Run(); });
  }

  void Stop() override {
    std::lock_guard lock(thread_mutex_);
    if (stopped_) return;
    stopped_ = true;
    StopLeading(absl::OkStatus());  // while the thread goes on renewing
    end_.Cancel();
    if (thread_.joinable()) thread_.join();
    StopLeading(absl::OkStatus());  // when it began in between
    Release();
  }

  bool IsLeader() const override {
    std::lock_guard lock(mutex_);
    return leading_ && options_.clock->Monotonic() < renewed_at_ + options_.renew_deadline;
  }

  const std::string& identity() const override { return options_.identity; }
  absl::Duration TurnForTest() override { return Turn(); }

 private:
  void Run() {
    absl::Duration wait = absl::ZeroDuration();
    while (wait < absl::InfiniteDuration() && !end_.WaitFor(wait)) wait = Turn();
  }

  absl::Duration Turn() { return holding_ ? Renew() : Campaign(); }

  absl::Duration Campaign() {
    const absl::Duration started = options_.clock->Monotonic();
    absl::StatusOr<bool> held = lock_.Try(options_.renew_deadline / 2, &end_);
    ReportLeader();
    if (!held.ok() && !end_.cancelled()) log_.Warning("{}: {}", what_, Message(held.status()));
    if (!held.ok() || !*held || end_.cancelled()) {
      return options_.retry_period *
             std::uniform_real_distribution<double>(1.0, 1.0 + kCandidateJitter)(random_);
    }
    log_.Info("{}: acquired by {}", what_, options_.identity);
    holding_ = true;
    {
      std::lock_guard lock(mutex_);
      leading_ = true;
      if (status_ != nullptr) status_->Set(1);
      renewed_at_ = started;
    }
    TellEvent("became leader");
    if (callbacks_.on_started_leading) callbacks_.on_started_leading();
    return options_.retry_period;
  }

  absl::Duration Renew() {
    const absl::Duration started = options_.clock->Monotonic();
    const absl::Duration deadline = renewed_at_ + options_.renew_deadline;  // written by this thread only
    absl::StatusOr<bool> held = false;
    // Overdue before it was tried (a callback took too long, the machine slept): others may hold it by now.
    if (started < deadline) {
      held = lock_.Try(std::min(deadline - started, options_.renew_deadline / 2), &end_);
      if (end_.cancelled()) return options_.retry_period;
      ReportLeader();
    }
    const absl::Duration now = options_.clock->Monotonic();
    if (held.ok() && *held && now < deadline) {
      std::lock_guard lock(mutex_);
      renewed_at_ = started;
      last_error_.clear();
      return options_.retry_period;
    }
    if (!held.ok()) {
      last_error_ = fmt::format(": {}", Message(held.status()));
      log_.Warning("{}: not renewed{}", what_, last_error_);
    }
    const std::string holder = lock_.Holder();
    if (held.ok() && !*held && holder != options_.identity && !holder.empty()) {
      return Lose(Unavailable("{}: lost to {}", what_, holder));
    }
    if (now >= deadline) {
      return Lose(Unavailable("{}: lost: not renewed within {}{}", what_,
                              absl::FormatDuration(options_.renew_deadline), last_error_));
    }
    return std::min(options_.retry_period, deadline - now);
  }

  absl::Duration Lose(const absl::Status& why) {
    log_.Error("{}", Message(why));
    TellEvent("stopped leading");
    StopLeading(why);
    return absl::InfiniteDuration();
  }

  // Tells, once, that the leadership ends.
  void StopLeading(const absl::Status& why) {
    {
      std::lock_guard lock(mutex_);
      if (!leading_) return;
      if (!why.ok()) EndLocked();
      if (std::exchange(told_, true)) return;
    }
    if (callbacks_.on_stopped_leading) callbacks_.on_stopped_leading(why);
  }

  void Release() {
    bool led = false;
    {
      std::lock_guard lock(mutex_);
      led = leading_;
      EndLocked();
    }
    if (led) TellEvent("stopped leading");
    absl::Status status = lock_.Release(kReleaseTimeout);
    if (!status.ok()) log_.Warning("{}: not handed back: {}", what_, Message(status));
  }

  void EndLocked() {
    leading_ = false;
    if (status_ != nullptr) status_->Set(0);
  }

  void TellEvent(const char* what) {
    if (options_.events == nullptr) return;
    options_.events->Record(ReferenceTo(lock_.lease()), EventType::kNormal, "LeaderElection",
                            fmt::format("{} {}", options_.identity, what));
  }

  void ReportLeader() {
    const std::string holder = lock_.Holder();
    if (holder == reported_) return;
    reported_ = holder;
    if (!holder.empty() && callbacks_.on_new_leader) callbacks_.on_new_leader(holder);
  }

  const LeaderElectionOptions options_;
  const LeaderCallbacks callbacks_;
  const Logger log_;
  const std::string what_;
  metrics::Gauge* status_ = nullptr;
  Cancellation end_;

  // Of the elector's thread (and of Stop, when it has ended).
  LeaseLock lock_;
  bool holding_ = false;
  std::string reported_;
  std::string last_error_;  // since the last renewal
  std::minstd_rand random_{std::random_device{}()};

  std::mutex thread_mutex_;
  std::thread thread_;
  bool stopped_ = false;

  mutable std::mutex mutex_;
  bool leading_ = false;
  bool told_ = false;          // that it ends
  absl::Duration renewed_at_;  // start of the last renewal that succeeded
};

}  // namespace

absl::StatusOr<std::unique_ptr<LeaderElector>> LeaderElector::Create(Client& client,
                                                                     LeaderElectionOptions options,
                                                                     LeaderCallbacks callbacks) {
  CRM_RETURN_IF_ERROR(Check(options));
  if (options.identity.empty()) options.identity = NewLeaderIdentity();
  return std::unique_ptr<LeaderElector>(std::make_unique<Elector>(client, options, std::move(callbacks)));
}

std::string NewLeaderIdentity() {
  char host[256] = "";
  if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0') std::snprintf(host, sizeof host, "unknown");
  std::random_device random;
  uint32_t words[4] = {random(), random(), random(), random()};
  words[1] = (words[1] & 0xffff0fffu) | 0x4000u;      // version 4,
  words[2] = (words[2] & 0x3fffffffu) | 0x80000000u;  // variant 1 (RFC 4122)
  return fmt::format("{}_{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", host, words[0], words[1] >> 16,
                     words[1] & 0xffff, words[2] >> 16, words[2] & 0xffff, words[3]);
}

}  // namespace crm::kube
