#include "kube/watch_decoder.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "kube/api_error.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::kube {

absl::Status WatchDecoder::Feed(std::string_view bytes) {
  while (!bytes.empty()) {
    size_t newline = bytes.find('\n');
    size_t length = std::min(newline, bytes.size());
    if (partial_.size() + length > kLongestLine) {
      return Internal("{}: an event of more than {} bytes", call_, kLongestLine);
    }
    if (newline == std::string_view::npos) {
      partial_.append(bytes);
      return absl::OkStatus();
    }
    std::string_view rest = bytes.substr(0, newline);
    bytes.remove_prefix(newline + 1);
    if (partial_.empty()) {
      CRM_RETURN_IF_ERROR(Line(rest));
    } else {
      partial_.append(rest);
      std::string line = std::exchange(partial_, {});
      CRM_RETURN_IF_ERROR(Line(line));
    }
  }
  return absl::OkStatus();
}

absl::Status WatchDecoder::End() { return Line(std::exchange(partial_, {})); }

absl::Status WatchDecoder::Line(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return absl::OkStatus();
  Json event = Json::parse(line, nullptr, false);
  std::string_view type = FindString(event, {"type"});
  const Json* object = Find(event, {"object"});
  if (type.empty() || object == nullptr || !object->is_object()) {
    return Internal("{}: \"{}\" is no watch event", call_, line.substr(0, 100));
  }
  if (type == "ERROR") return StatusOfObject(*object, call_);
  WatchEventType known;
  if (type == "ADDED") {
    known = WatchEventType::kAdded;
  } else if (type == "MODIFIED") {
    known = WatchEventType::kModified;
  } else if (type == "DELETED") {
    known = WatchEventType::kDeleted;
  } else if (type == "BOOKMARK") {
    known = WatchEventType::kBookmark;
  } else {
    return absl::OkStatus();
  }
  on_event_(known, std::move(event["object"]));
  return absl::OkStatus();
}

}  // namespace crm::kube
