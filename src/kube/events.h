#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "kube/client.h"

namespace crm::kube {

/// What an Event is about.
struct ObjectReference {
  std::string api_version;
  std::string kind;
  std::string ns;  ///< "" cluster-scoped
  std::string name;
  std::string uid;
  std::string resource_version;
};

/// Of an object as the client returns it (with apiVersion and kind).
ObjectReference ReferenceTo(const Json& object);

enum class EventType { kNormal, kWarning };

struct EventRecorderOptions {
  std::string component;     ///< who speaks: source.component and reportingComponent
  std::string host;          ///< where: source.host and reportingInstance; may be ""
  size_t max_waiting = 1000; /**< Events that wait to be written; further ones are dropped */
  /// A call that failed is repeated: waits double between these, with jitter.
  absl::Duration min_backoff = absl::Seconds(1);
  absl::Duration max_backoff = absl::Seconds(10);
  int attempts = 12;
  const Clock* clock = &RealClock();
};

/// Tells people what happened to an object, by core/v1 Events as `kubectl describe` shows them. Recording
/// never blocks: a thread of its own writes. The same words about the same object are one Event whose count
/// and time are patched (also by the next process: its name is a hash of them); more than 10 different
/// messages of one reason within 10 minutes become one combined Event; one object gets 25 at once and then
/// one in 5 minutes. The API server needs the verbs create and patch. Thread-safe.
class EventRecorder {
 public:
  /// `client` outlives the recorder.
  EventRecorder(Client& client, EventRecorderOptions options);
  ~EventRecorder();  ///< Stop(zero)
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  /// `reason` is one word in CamelCase; `message` is cut to 1024 bytes.
  void Record(const ObjectReference& about, EventType type, const std::string& reason,
              const std::string& message);

  /// Waits until nothing is left to write; false when that took longer than `patience`.
  bool Flush(absl::Duration patience);
  /// Flushes, then ends the call under way and the thread. What is recorded later is dropped.
  void Stop(absl::Duration patience = absl::ZeroDuration());

  /// Events that never reached the server: queue full, refused, or given up.
  uint64_t dropped() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm::kube
