#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "kube/client.h"
#include "nlohmann/json.hpp"

namespace crm::kube {

/// A Lease (coordination.k8s.io/v1) as a lock between processes; the algorithm of LeaderElector without its
/// thread. A candidate takes the Lease over when nobody holds it, or when what it saw of it has not changed
/// for the Lease's duration by the candidate's own clock: clocks of other machines are never compared. Every
/// write carries the resourceVersion it was decided on, so that of two candidates one gets a conflict.
/// Members of the Lease that this class does not know stay as they are. For one thread. Spec 60 section 3.2.
class LeaseLock {
 public:
  struct Options {
    std::string ns;
    std::string name;
    std::string identity;
    absl::Duration lease_duration = absl::Seconds(15);
    const Clock* clock = &RealClock();
  };
  /// `client` outlives the lock.
  LeaseLock(Client& client, Options options) : client_(client), options_(std::move(options)) {}

  /// One attempt to get or renew the Lease, each of its calls (three at most) within `timeout`. True when
  /// this identity holds it now; false when another one does. Errors: what the API server said.
  absl::StatusOr<bool> Try(absl::Duration timeout, Cancellation* cancellation = nullptr);

  /// Hands the Lease back when this identity holds it or may hold it (an attempt was interrupted), so that
  /// the next candidate need not wait. OK when there is nothing to hand back.
  absl::Status Release(absl::Duration timeout);

  /// Who held it when it was last seen; "" nobody.
  std::string Holder() const;
  /// As it was last seen; null before.
  const Json& lease() const { return observed_; }

 private:
  absl::StatusOr<bool> Write(Client& client, Json lease, absl::Duration started);
  absl::StatusOr<bool> CreateLease(Client& client, absl::Duration started);
  void Observe(Json lease, absl::Duration at);
  bool Expired(absl::Duration now) const;
  Json OurSpec(const Json& lease) const;

  Client& client_;
  const Options options_;
  Json observed_;               // null before the first sight
  absl::Duration observed_at_;  // when its spec was first seen so
  bool written_ = false;        // an attempt to hold it was sent since the last release
};

}  // namespace crm::kube
