#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fmt/core.h"

namespace crm {

/// An error of `code` with a formatted message. The message names the thing, its value and what was expected;
/// the code crosses gRPC unchanged. Formatting follows fmt.
template <typename... Args>
absl::Status Error(absl::StatusCode code, fmt::format_string<Args...> format, Args&&... args) {
  return absl::Status(code, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
absl::Status InvalidArgument(fmt::format_string<Args...> format, Args&&... args) {
  return Error(absl::StatusCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

template <typename... Args>
absl::Status NotFound(fmt::format_string<Args...> format, Args&&... args) {
  return Error(absl::StatusCode::kNotFound, format, std::forward<Args>(args)...);
}

template <typename... Args>
absl::Status Internal(fmt::format_string<Args...> format, Args&&... args) {
  return Error(absl::StatusCode::kInternal, format, std::forward<Args>(args)...);
}

template <typename... Args>
absl::Status FailedPrecondition(fmt::format_string<Args...> format, Args&&... args) {
  return Error(absl::StatusCode::kFailedPrecondition, format, std::forward<Args>(args)...);
}

template <typename... Args>
absl::Status Unavailable(fmt::format_string<Args...> format, Args&&... args) {
  return Error(absl::StatusCode::kUnavailable, format, std::forward<Args>(args)...);
}

template <typename... Args>
absl::Status ResourceExhausted(fmt::format_string<Args...> format, Args&&... args) {
  return Error(absl::StatusCode::kResourceExhausted, format, std::forward<Args>(args)...);
}

/// The message as a std::string_view, valid as long as `status`.
inline std::string_view Message(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

/// `status` with "context: " put in front of its message; OK stays OK. Payloads are kept.
absl::Status Annotate(absl::Status status, std::string_view context);

/// An error of the current errno: "context: No such file or directory", with the code that fits (ENOENT is
/// kNotFound, EACCES kPermissionDenied, ENOSPC kResourceExhausted, ECONNREFUSED kUnavailable, ...).
absl::Status ErrnoError(int error_number, std::string_view context);

}  // namespace crm

#define CRM_CONCAT_INNER(a, b) a##b
#define CRM_CONCAT(a, b) CRM_CONCAT_INNER(a, b)

/// Returns the status from the current function when it is not OK.
#define CRM_RETURN_IF_ERROR(expression)                                                 \
  do {                                                                                  \
    if (absl::Status crm_status_ = (expression); !crm_status_.ok()) return crm_status_; \
  } while (false)

/// Declares or assigns `target` from a StatusOr, or returns its status from the current function.
#define CRM_ASSIGN_OR_RETURN(target, expression) \
  CRM_ASSIGN_OR_RETURN_INNER(CRM_CONCAT(crm_status_or_, __LINE__), target, expression)
#define CRM_ASSIGN_OR_RETURN_INNER(holder, target, expression) \
  auto holder = (expression);                                  \
  if (!holder.ok()) return std::move(holder).status();         \
  target = *std::move(holder)
