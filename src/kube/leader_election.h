#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "kube/client.h"

namespace crm::metrics {
class Registry;
}

namespace crm::kube {

class EventRecorder;

struct LeaderElectionOptions {
  std::string ns;        ///< of the Lease
  std::string name;      ///< of the Lease
  std::string identity;  ///< "" NewLeaderIdentity()
  absl::Duration lease_duration = absl::Seconds(15);
  absl::Duration renew_deadline = absl::Seconds(10);  ///< not renewed for so long: lost
  absl::Duration retry_period = absl::Seconds(2);     ///< between two attempts or renewals
  /// Not nullptr: told "LeaderElection" Events about the Lease; outlives the elector.
  EventRecorder* events = nullptr;
  metrics::Registry* registry =
      nullptr;  ///< not nullptr: leader_election_master_status; outlives the elector
  const Clock* clock = &RealClock();
};

/// All run on the elector's thread, but for on_stopped_leading in Stop(). Each may be empty.
struct LeaderCallbacks {
  /// This process leads from now on. The Lease is renewed again after it returned: start threads, return.
  std::function<void()> on_started_leading;
  /// Once for each on_started_leading. An error: the Lease was lost and says to what; another process may
  /// lead already, so end at once and with a non-zero exit (the elector has ended; it does not try again).
  /// OK: Stop() was called; finish the work, the Lease goes on being renewed meanwhile and is handed back
  /// afterwards. Must not call Stop() itself.
  std::function<void(const absl::Status& why)> on_stopped_leading;
  /// Somebody holds the Lease now: this process or another one.
  std::function<void(const std::string& identity)> on_new_leader;
};

/// Lets one of several processes lead, by the usual rules of Kubernetes (see LeaseLock). A clean stop hands
/// the Lease back, so that the next process takes over within a retry period. Thread-safe.
class LeaderElector {
 public:
  /// InvalidArgument naming the option that is wrong: no name, no namespace, or times that are not
  /// lease_duration > renew_deadline > retry_period > 0. `client` outlives the elector.
  static absl::StatusOr<std::unique_ptr<LeaderElector>> Create(Client& client, LeaderElectionOptions options,
                                                               LeaderCallbacks callbacks);
  virtual ~LeaderElector() = default;  ///< stops

  /// Begins to stand for election. Once.
  virtual void Start() = 0;
  /// Ends the leadership or the candidacy; see on_stopped_leading. Returns when no callback runs any more and
  /// the Lease was handed back (or that failed, which is logged). More than once is fine.
  virtual void Stop() = 0;

  /// False as soon as the renewal is overdue, even when a call to the API server still hangs.
  virtual bool IsLeader() const = 0;
  virtual const std::string& identity() const = 0;

  /// One turn of the elector's thread, for tests with a fake clock that never call Start: how long to wait
  /// until the next turn, infinite when the leadership was lost.
  virtual absl::Duration TurnForTest() = 0;
};

/// "<hostname>_<random UUID>".
std::string NewLeaderIdentity();

}  // namespace crm::kube
