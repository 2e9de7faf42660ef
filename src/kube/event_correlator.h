#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "kube/events.h"
#include "nlohmann/json.hpp"

namespace crm::kube {

/// Something that happened.
struct Occurrence {
  ObjectReference about;
  EventType type = EventType::kNormal;
  std::string reason;
  std::string message;
  absl::Time at;
};

/// How to tell the API server.
struct EventWrite {
  std::string key;    ///< for Correct
  std::string ns;     ///< of the Event
  Json event;         ///< the whole Event as it is now
  bool known = false; /**< the Event was written before: patch count, lastTimestamp and message */
};

/// Decides which Event an occurrence is, by the rules that EventRecorder states. Remembers the last 4096
/// Events and objects. Pure but for its memory; for one thread.
class EventCorrelator {
 public:
  EventCorrelator(std::string component, std::string host)
      : component_(std::move(component)), host_(std::move(host)) {}

  /// nullopt: too many about this object.
  std::optional<EventWrite> Correlate(const Occurrence& occurrence);
  /// The server knows the Event with this count already (from a process before us).
  void Correct(const std::string& key, int64_t count);

 private:
  struct Known {
    int64_t count = 0;
    absl::Time first;
  };
  struct Similar {
    absl::Time last;
    std::set<std::string> messages;  // hashes
  };
  struct Bucket {
    double tokens = 0;
    absl::Time filled;
  };
  // The entries used last.
  template <typename Value>
  class Memory {
   public:
    /// The entry, new when it was not there; it is the last to be forgotten.
    std::pair<Value*, bool> Use(const std::string& key);

   private:
    std::list<std::pair<std::string, Value>> order_;  // used last in front
    std::map<std::string, typename std::list<std::pair<std::string, Value>>::iterator> entries_;
  };

  bool Allow(const std::string& object, absl::Time now);
  bool Combine(const std::string& similar, const std::string& message_hash, absl::Time now);

  const std::string component_;
  const std::string host_;
  Memory<Known> known_;
  Memory<Similar> similar_;
  Memory<Bucket> buckets_;
};

}  // namespace crm::kube
