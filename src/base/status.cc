#include "base/status.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/cord.h"

namespace crm {

absl::Status Annotate(absl::Status status, std::string_view context) {
  if (status.ok()) return status;
  absl::Status annotated(status.code(), fmt::format("{}: {}", context, Message(status)));
  status.ForEachPayload(
      [&](absl::string_view type, const absl::Cord& payload) { annotated.SetPayload(type, payload); });
  return annotated;
}

absl::Status ErrnoError(int error_number, std::string_view context) {
  absl::StatusCode code = absl::ErrnoToStatusCode(error_number);
  if (error_number == ECONNREFUSED) code = absl::StatusCode::kUnavailable;
  char buffer[128];
  return Error(code, "{}: {}", context, strerror_r(error_number, buffer, sizeof buffer));
}

}  // namespace crm
