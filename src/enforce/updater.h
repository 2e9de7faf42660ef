#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "enforce/runtime.h"

namespace crm::enforce {

struct UpdaterOptions {
  absl::Duration first_retry = absl::Milliseconds(500);  ///< doubles up to max_retry
  absl::Duration max_retry = absl::Seconds(10);
};

/// Carries new resources of running containers to the runtime: at most one update of a container is under
/// way, later ones are merged (the newest value of each field wins), failed ones are retried until they
/// succeed, the container is gone (kNotFound) or forgotten. Slow updates of one container do not delay
/// another's. Thread-safe.
class Updater {
 public:
  Updater(Runtime& runtime, UpdaterOptions options);
  ~Updater();  ///< waits for updates under way; waiting retries are dropped (they are due again at the next
               ///< start)
  Updater(const Updater&) = delete;
  Updater& operator=(const Updater&) = delete;

  void Update(const std::string& container_id, const ResourceUpdate& update);
  /// Drops what is still to be sent for a container that is gone.
  void Forget(const std::string& container_id);
  /// The client's own request for a container goes to the runtime: none of ours is sent before Unhold, and
  /// `ready` is called, from any thread, when the one under way was answered or `timeout` has passed. Counts
  /// as an update that is not settled.
  void Hold(const std::string& container_id, absl::Duration timeout, std::function<void()> ready);
  void Unhold(const std::string& container_id);
  /// Calls `done` once every update given so far was answered or `timeout` has passed; from any thread.
  void WhenSettled(absl::Duration timeout, std::function<void()> done);
  /// Containers whose newest values the runtime has not accepted yet.
  size_t Pending() const;

 private:
  struct Item;
  struct Waiter;
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace crm::enforce
