#include "gardener/events.h"

#include "base/log.h"
#include "base/status.h"
#include "gardener/hash.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::gardener {
namespace {

constexpr absl::Duration kRenewal = absl::Minutes(50);  // API servers forget Events after an hour
constexpr size_t kMaxMessage = 1024;                    // and refuse longer texts

std::string Shortened(std::string_view message) {
  if (message.size() <= kMaxMessage) return std::string(message);
  size_t end = kMaxMessage - 3;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80)
    --end;  // whole UTF-8 characters
  return std::string(message.substr(0, end)) + "...";
}

}  // namespace

bool EventRecorder::Warn(const kube::Resource& resource, const Json& object, std::string_view kind,
                         std::string_view reason, std::string_view message) {
  const std::string ns(kube::Namespace(object));
  const std::string text = Shortened(message);
  const std::string hash =
      Sha256Hex(fmt::format("{}\n{}\n{}", kube::Uid(object), reason, text)).substr(0, 16);
  const std::string name = fmt::format("{}.{}", kube::Name(object), hash);
  const absl::Time now = now_();
  {
    absl::MutexLock lock(&mutex_);
    for (auto it = written_.begin(); it != written_.end();) {
      it = now - it->second >= kRenewal ? written_.erase(it) : std::next(it);
    }
    if (!written_.emplace(ns + "/" + name, now).second) return false;
  }
  const Json event = {
      {"apiVersion", "v1"},
      {"kind", "Event"},
      {"metadata", {{"name", name}, {"namespace", ns}}},
      {"involvedObject",
       {{"apiVersion", kube::ApiVersion(resource)},
        {"kind", kind},
        {"namespace", ns},
        {"name", kube::Name(object)},
        {"uid", kube::Uid(object)},
        {"resourceVersion", kube::ResourceVersion(object)}}},
      {"type", "Warning"},
      {"reason", reason},
      {"message", text},
      {"source", {{"component", component_}}},
      {"reportingComponent", component_},
      {"firstTimestamp", kube::Rfc3339(now)},
      {"lastTimestamp", kube::Rfc3339(now)},
      {"count", 1},
  };
  absl::Status status = client_.Create(kube::resources::kEvents, ns, event).status();
  if (absl::IsAlreadyExists(status)) {
    const Json patch = {{"lastTimestamp", kube::Rfc3339(now)}};
    status = client_.Patch(kube::resources::kEvents, ns, name, kube::PatchType::kMerge, patch, {}).status();
  }
  if (status.ok()) return true;
  Logger("cri-resmgr-actuator").Warning("event {}/{} could not be written: {}", ns, name, Message(status));
  absl::MutexLock lock(&mutex_);
  written_.erase(ns + "/" + name);
  return true;
}

}  // namespace crm::gardener
