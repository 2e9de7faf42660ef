#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "kube/client.h"

namespace crm::kube::testing {

struct ResourceType;

/// One entry of details.causes in a Status.
struct ApiCause {
  std::string reason;
  std::string message;
  std::string field;
};

/// A refusal as the API answers it: an HTTP code with the reason and the message of a `Status` object (API
/// conventions, "Response Status Kind"). The helpers give the texts that clients of a kube-apiserver know.
struct ApiError {
  int code = 500;
  std::string reason;
  std::string message;
  std::string group;  ///< details: of the object that is meant; `kind` is the plural for most reasons
  std::string kind;
  std::string name;
  std::vector<ApiCause> causes;
  int retry_after_seconds = 0;

  /// The Status object.
  Json ToStatus() const;
};

/// A value or the refusal.
template <typename T>
class ApiResult {
 public:
  ApiResult(T value) : state_(std::move(value)) {}
  ApiResult(ApiError error) : state_(std::move(error)) {}

  bool ok() const { return std::holds_alternative<T>(state_); }
  const T& operator*() const { return std::get<T>(state_); }
  T& operator*() { return std::get<T>(state_); }
  const T* operator->() const { return &std::get<T>(state_); }
  T* operator->() { return &std::get<T>(state_); }
  const ApiError& error() const { return std::get<ApiError>(state_); }

 private:
  std::variant<T, ApiError> state_;
};

ApiError BadRequestError(std::string message);
ApiError NotFoundError(const ResourceType& type, std::string_view name);
/// For a path that names no resource.
ApiError UnknownPathError();
ApiError AlreadyExistsError(const ResourceType& type, std::string_view name);
ApiError ModifiedError(const ResourceType& type, std::string_view name);
ApiError ConflictError(std::string_view group, std::string_view kind, std::string_view name,
                       std::string_view why);
/// 422 with one cause; `kind` as the server shows it ("ConfigMap", "ManagedResource").
ApiError InvalidError(const ResourceType& type, std::string_view name, ApiCause cause);
ApiError MethodNotAllowedError();
ApiError UnsupportedMediaTypeError(std::string_view accepted);
ApiError ExpiredError(std::string message);
ApiError TooLargeVersionError(long long asked, long long current);

}  // namespace crm::kube::testing
