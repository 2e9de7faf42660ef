#include "kube/testing/api_error.h"

#include "fmt/format.h"
#include "kube/testing/resource_type.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

ApiError OfObject(int code, std::string reason, const ResourceType& type, std::string_view name,
                  std::string message) {
  ApiError error;
  error.code = code;
  error.reason = std::move(reason);
  error.message = std::move(message);
  error.group = type.group;
  error.kind = type.plural;
  error.name = name;
  return error;
}

ApiError Plain(int code, std::string reason, std::string message) {
  ApiError error;
  error.code = code;
  error.reason = std::move(reason);
  error.message = std::move(message);
  return error;
}

}  // namespace

Json ApiError::ToStatus() const {
  Json details = Json::object();
  if (!name.empty()) details["name"] = name;
  if (!group.empty()) details["group"] = group;
  if (!kind.empty()) details["kind"] = kind;
  for (const ApiCause& cause : causes) {
    Json entry = {{"message", cause.message}};
    if (!cause.reason.empty()) entry["reason"] = cause.reason;
    if (!cause.field.empty()) entry["field"] = cause.field;
    details["causes"].push_back(std::move(entry));
  }
  if (retry_after_seconds > 0) details["retryAfterSeconds"] = retry_after_seconds;
  Json status = {{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", Json::object()},
                 {"status", "Failure"}, {"message", message}, {"code", code}};
  if (!reason.empty()) status["reason"] = reason;
  if (!details.empty()) status["details"] = std::move(details);
  return status;
}

ApiError BadRequestError(std::string message) { return Plain(400, "BadRequest", std::move(message)); }

ApiError NotFoundError(const ResourceType& type, std::string_view name) {
  return OfObject(404, "NotFound", type, name,
                  fmt::format("{} \"{}\" not found", type.QualifiedName(), name));
}

ApiError UnknownPathError() {
  return Plain(404, "NotFound", "the server could not find the requested resource");
}

ApiError AlreadyExistsError(const ResourceType& type, std::string_view name) {
  return OfObject(409, "AlreadyExists", type, name,
                  fmt::format("{} \"{}\" already exists", type.QualifiedName(), name));
}

ApiError ModifiedError(const ResourceType& type, std::string_view name) {
  return OfObject(
      409, "Conflict", type, name,
      fmt::format("Operation cannot be fulfilled on {} \"{}\": the object has been modified; please apply "
                  "your changes to the latest version and try again",
                  type.QualifiedName(), name));
}

ApiError ConflictError(std::string_view group, std::string_view kind, std::string_view name,
                       std::string_view why) {
  ApiError error = Plain(409, "Conflict",
                         fmt::format("Operation cannot be fulfilled on {}{}{} \"{}\": {}", kind,
                                     group.empty() ? "" : ".", group, name, why));
  error.group = group;
  error.kind = kind;
  error.name = name;
  return error;
}

ApiError InvalidError(const ResourceType& type, std::string_view name, ApiCause cause) {
  ApiError error =
      OfObject(422, "Invalid", type, name,
               fmt::format("{}{}{} \"{}\" is invalid: {}: {}", type.kind, type.group.empty() ? "" : ".",
                           type.group, name, cause.field, cause.message));
  error.kind = type.kind;
  error.causes.push_back(std::move(cause));
  return error;
}

ApiError MethodNotAllowedError() {
  return Plain(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}

ApiError UnsupportedMediaTypeError(std::string_view accepted) {
  return Plain(
      415, "UnsupportedMediaType",
      fmt::format("the body of the request was in an unknown format - accepted media types include: {}",
                  accepted));
}

ApiError ExpiredError(std::string message) { return Plain(410, "Expired", std::move(message)); }

ApiError TooLargeVersionError(long long asked, long long current) {
  ApiError error = Plain(504, "Timeout",
                         fmt::format("Timeout: Too large resource version: {}, current: {}", asked, current));
  error.causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
  error.retry_after_seconds = 1;
  return error;
}

}  // namespace crm::kube::testing
