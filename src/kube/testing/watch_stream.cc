#include "kube/testing/watch_stream.h"

#include "base/status.h"
#include "kube/objects.h"
#include "kube/testing/api_error.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

ObjectPtr InVersion(const ResourceType& type, const ObjectPtr& object) {
  if (FindString(*object, {"apiVersion"}) == type.GroupVersion()) return object;
  Json other = *object;
  other["apiVersion"] = type.GroupVersion();
  return std::make_shared<const Json>(std::move(other));
}

bool WatchStream::Selects(const StoreKey& key, const ObjectPtr& object) const {
  return object != nullptr && (spec_.ns.empty() || key.ns == spec_.ns) && spec_.labels.Matches(*object) &&
         spec_.fields.Matches(*object);
}

void WatchStream::Append(std::string_view type, const ObjectPtr& object, std::string* lines) const {
  const ObjectPtr shown = InVersion(*spec_.type, object);
  Json event = {{"type", std::string(type)}};
  event["object"] =
      spec_.view == View::kTable ? MakeTable(*spec_.type, {shown}, ResourceVersion(*shown)) : *shown;
  *lines += event.dump();
  *lines += '\n';
}

void WatchStream::AppendBookmark(bool initial_end, std::string* lines) const {
  Json metadata = {{"resourceVersion", std::to_string(after_)}, {"creationTimestamp", nullptr}};
  if (initial_end) metadata["annotations"]["k8s.io/initial-events-end"] = "true";
  const Json object = {
      {"kind", spec_.type->kind}, {"apiVersion", spec_.type->GroupVersion()}, {"metadata", metadata}};
  Json event = {{"type", "BOOKMARK"}};
  event["object"] = object;
  if (spec_.view == View::kTable) {
    event["object"] = MakeTable(*spec_.type, {std::make_shared<const Json>(object)}, std::to_string(after_));
  }
  *lines += event.dump();
  *lines += '\n';
}

void WatchStream::Start(const ObjectStore& store, std::string* lines) {
  started_ = true;
  after_ = spec_.after;
  if (!spec_.initial_state) return;
  after_ = store.revision();
  for (const ObjectPtr& object : store.List(spec_.type->StoreName(), spec_.ns)) {
    if (Selects({"", spec_.ns, ""}, object)) Append("ADDED", object, lines);
  }
  if (spec_.mark_initial_end) AppendBookmark(true, lines);
}

bool WatchStream::Pull(const ObjectStore& store, size_t max_bytes, std::string* lines) {
  if (!started_) Start(store, lines);
  if (after_ >= store.revision()) return true;
  const std::string resource = spec_.type->StoreName();
  const absl::Status status = store.ChangesAfter(after_, [&](const StoreEvent& event) {
    after_ = event.revision;
    if (event.key.resource != resource) return true;
    const bool now = !event.deleted && Selects(event.key, event.object);
    const bool before = Selects(event.key, event.previous);
    if (now) {
      Append(before ? "MODIFIED" : "ADDED", event.object, lines);
    } else if (before && event.deleted) {
      Append("DELETED", event.object, lines);
    } else if (before) {
      // It left the selection: watchers get the last state they could see, with the revision of the change.
      Json last = *event.previous;
      last["metadata"]["resourceVersion"] = std::to_string(event.revision);
      Append("DELETED", std::make_shared<const Json>(std::move(last)), lines);
    }
    return lines->size() < max_bytes;
  });
  if (status.ok()) return true;
  Json event = {{"type", "ERROR"}};
  event["object"] = ExpiredError(std::string(Message(status))).ToStatus();
  *lines += event.dump();
  *lines += '\n';
  return false;
}

void WatchStream::Bookmark(std::string* lines) const {
  if (spec_.bookmarks && started_) AppendBookmark(false, lines);
}

}  // namespace crm::kube::testing
