#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "kube/client.h"

namespace crm::kube {

struct HeartbeatOptions {
  std::string ns;      ///< of the Lease
  std::string name;    ///< of the Lease
  std::string holder;  ///< who is alive: `holderIdentity`
  absl::Duration interval = absl::Seconds(30);
  /// After an error: doubles from here to `interval`, with jitter.
  absl::Duration min_backoff = absl::Seconds(1);
  const Clock* clock = &RealClock();
};

/// Says "still alive" by a Lease that is renewed at every interval, the first time at once; it is patched, or
/// created when it is absent, and never read. Spec 60 section 11. Thread-safe.
class Heartbeat {
 public:
  /// InvalidArgument naming the option that is wrong: empty, or an interval below a second. `client` outlives
  /// the heartbeat.
  static absl::StatusOr<std::unique_ptr<Heartbeat>> Create(Client& client, HeartbeatOptions options);
  ~Heartbeat();  ///< stops
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  void Start();  ///< a thread that beats; once
  void Stop();   ///< ends a beat under way; the Lease stays and grows old

  /// One beat, on the calling thread.
  absl::Status Beat();

 private:
  class Impl;
  explicit Heartbeat(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm::kube
