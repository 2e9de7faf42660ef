#include "kube/event_correlator.h"

#include <openssl/sha.h>

#include <algorithm>
#include <initializer_list>

#include "fmt/format.h"
#include "kube/objects.h"

namespace crm::kube {
namespace {

constexpr size_t kMostEntries = 4096;
constexpr size_t kSimilarMessages = 10;
constexpr absl::Duration kSimilarInterval = absl::Minutes(10);
constexpr double kObjectBurst = 25;
constexpr absl::Duration kObjectRefill = absl::Minutes(5);
constexpr size_t kLongestMessage = 1024;
constexpr size_t kLongestReason = 128;
constexpr size_t kLongestName = 253;

// At most `most` bytes, whole UTF-8 characters.
std::string Shortened(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  size_t end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

// 16 hexadecimal digits that differ when the parts do.
std::string Hash(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (std::string_view part : parts) all += fmt::format("{}:{}", part.size(), part);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(all.data()), all.size(), digest);
  std::string text;
  for (int i = 0; i < 8; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

// The object's name and the hash, as a valid object name.
std::string EventName(const std::string& object, const std::string& hash) {
  std::string stem = object.substr(0, kLongestName - hash.size() - 1);
  while (!stem.empty() && (stem.back() == '.' || stem.back() == '-')) stem.pop_back();
  return stem.empty() ? hash : stem + "." + hash;
}

}  // namespace

template <typename Value>
std::pair<Value*, bool> EventCorrelator::Memory<Value>::Use(const std::string& key) {
  auto found = entries_.find(key);
  if (found != entries_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    return {&order_.front().second, false};
  }
  if (order_.size() >= kMostEntries) {
    entries_.erase(order_.back().first);
    order_.pop_back();
  }
  order_.emplace_front(key, Value{});
  entries_[key] = order_.begin();
  return {&order_.front().second, true};
}

bool EventCorrelator::Allow(const std::string& object, absl::Time now) {
  auto [bucket, fresh] = buckets_.Use(object);
  if (fresh) {
    bucket->tokens = kObjectBurst;
  } else {
    const double gained = absl::FDivDuration(now - bucket->filled, kObjectRefill);
    bucket->tokens = std::min(kObjectBurst, bucket->tokens + std::max(0.0, gained));
  }
  bucket->filled = now;
  if (bucket->tokens < 1) return false;
  bucket->tokens -= 1;
  return true;
}

bool EventCorrelator::Combine(const std::string& similar, const std::string& message_hash, absl::Time now) {
  auto [group, fresh] = similar_.Use(similar);
  if (fresh || now - group->last > kSimilarInterval) group->messages.clear();
  group->last = now;
  if (group->messages.size() <= kSimilarMessages) group->messages.insert(message_hash);
  return group->messages.size() > kSimilarMessages;
}

std::optional<EventWrite> EventCorrelator::Correlate(const Occurrence& occurrence) {
  const ObjectReference& about = occurrence.about;
  const std::string_view type = occurrence.type == EventType::kNormal ? "Normal" : "Warning";
  const std::string reason = Shortened(occurrence.reason, kLongestReason);
  const std::string object =
      Hash({component_, host_, about.api_version, about.kind, about.ns, about.name, about.uid});
  const std::string similar = Hash({object, type, reason});
  std::string key = Hash({similar, occurrence.message});
  std::string message = Shortened(occurrence.message, kLongestMessage);
  if (Combine(similar, key, occurrence.at)) {
    key = similar;
    message = Shortened("(combined from similar events): " + occurrence.message, kLongestMessage);
  }
  if (!Allow(object, occurrence.at)) return std::nullopt;

  auto [known, fresh] = known_.Use(key);
  if (fresh) known->first = occurrence.at;
  ++known->count;
  EventWrite write;
  write.key = key;
  write.known = !fresh;
  write.ns = about.ns.empty() ? "default" : about.ns;
  write.event = {
      {"apiVersion", "v1"},
      {"kind", "Event"},
      {"metadata", {{"name", EventName(about.name, key)}, {"namespace", write.ns}}},
      {"involvedObject", {{"apiVersion", about.api_version}, {"kind", about.kind}, {"name", about.name}}},
      {"type", type},
      {"reason", reason},
      {"message", message},
      {"source", {{"component", component_}}},
      {"reportingComponent", component_},
      {"reportingInstance", host_},
      {"firstTimestamp", Rfc3339(known->first)},
      {"lastTimestamp", Rfc3339(occurrence.at)},
      {"count", known->count},
  };
  Json& involved = write.event["involvedObject"];
  if (!about.ns.empty()) involved["namespace"] = about.ns;
  if (!about.uid.empty()) involved["uid"] = about.uid;
  if (!about.resource_version.empty()) involved["resourceVersion"] = about.resource_version;
  if (!host_.empty()) write.event["source"]["host"] = host_;
  return write;
}

void EventCorrelator::Correct(const std::string& key, int64_t count) { known_.Use(key).first->count = count; }

}  // namespace crm::kube
