#include "kube/api_error.h"

#include <algorithm>
#include <string>

#include "base/status.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::kube {
namespace {

constexpr size_t kLongestText = 512;  // of a body that is no Status object: a proxy's page, say

absl::StatusCode CodeOf(int http_status, std::string_view reason) {
  switch (http_status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return absl::StatusCode::kInvalidArgument;
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 405:
      return absl::StatusCode::kUnimplemented;
    case 409:
      return reason == "AlreadyExists" ? absl::StatusCode::kAlreadyExists : absl::StatusCode::kAborted;
    case 410:
      return absl::StatusCode::kOutOfRange;
    case 429:
      return absl::StatusCode::kResourceExhausted;
    default:
      return http_status >= 500 ? absl::StatusCode::kUnavailable : absl::StatusCode::kUnknown;
  }
}

// A server restored from an older backup answers so to versions it has not reached: list again, as after 410.
bool TooLargeResourceVersion(const Json& object) {
  const Json* causes = Find(object, {"details", "causes"});
  if (causes == nullptr || !causes->is_array()) return false;
  return std::any_of(causes->begin(), causes->end(), [](const Json& cause) {
    return FindString(cause, {"reason"}) == "ResourceVersionTooLarge";
  });
}

std::string Shortened(std::string_view text) {
  std::string clean(text.substr(0, kLongestText));
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
  return clean;
}

absl::Status FromObject(int http_status, const Json& object, std::string_view call) {
  std::string_view reason = FindString(object, {"reason"});
  absl::StatusCode code =
      TooLargeResourceVersion(object) ? absl::StatusCode::kOutOfRange : CodeOf(http_status, reason);
  std::string_view message = FindString(object, {"message"});
  if (message.empty()) return Error(code, "{}: HTTP status {} {}", call, http_status, reason);
  return absl::Status(code, std::string(message));
}

}  // namespace

absl::Status StatusOfAnswer(int http_status, std::string_view body, std::string_view call) {
  Json object = Json::parse(body, nullptr, false);
  if (Kind(object) == "Status") return FromObject(http_status, object, call);
  return Error(CodeOf(http_status, ""), "{}: HTTP status {}: {}", call, http_status, Shortened(body));
}

absl::Status StatusOfObject(const nlohmann::json& status_object, std::string_view call) {
  int64_t code = FindInt(status_object, {"code"});
  if (code < 400 || code > 599) code = 500;
  return FromObject(static_cast<int>(code), status_object, call);
}

}  // namespace crm::kube
