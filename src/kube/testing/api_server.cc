#include "kube/testing/api_server.h"

#include "base/status.h"
#include "fmt/format.h"
#include "kube/objects.h"
#include "kube/testing/api_answer.h"
#include "kube/testing/discovery.h"
#include "kube/testing/openapi.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

ApiAnswer TextAnswer(int code, std::string text) {
  ApiAnswer answer;
  answer.code = code;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body = std::move(text);
  return answer;
}

bool IsHealthPath(std::string_view path) {
  return path == "/healthz" || path == "/readyz" || path == "/livez" || path.starts_with("/healthz/") ||
         path.starts_with("/readyz/") || path.starts_with("/livez/");
}

/// Whether the server has resources under this path, so that an unknown one is answered with a Status.
bool IsServedGroup(const ResourceRegistry& registry, std::string_view path) {
  if (path.starts_with("/api/v1/")) return true;
  for (const ResourceTypePtr& type : registry.All()) {
    if (path.starts_with(fmt::format("/apis/{}/", type->GroupVersion()))) return true;
  }
  return false;
}

bool IsWatch(const ApiRequest& request) {
  const std::optional<ParsedTarget> target = ParseTarget(request.target);
  return request.method == "GET" && target && target->QueryIsTrue("watch");
}

}  // namespace

absl::StatusOr<std::unique_ptr<ApiServer>> ApiServer::Open(StoreOptions options) {
  std::unique_ptr<ApiServer> server(new ApiServer);
  absl::MutexLock lock(&server->mutex_);
  CRM_ASSIGN_OR_RETURN(server->store_, ObjectStore::Open(std::move(options)));
  server->objects_ = std::make_unique<ObjectApi>(*server->store_, server->registry_);
  CRM_RETURN_IF_ERROR(server->objects_->Start());
  return server;
}

ApiAnswer ApiServer::Handle(const ApiRequest& request) {
  ApiAnswer answer;
  std::shared_ptr<const std::function<void()>> notify;
  {
    absl::MutexLock lock(&mutex_);
    const int64_t before = store_->revision();
    try {
      answer = Route(request);
    } catch (const std::exception& error) {  // a shape of JSON that no check foresaw
      ApiError internal;
      internal.reason = "InternalError";
      internal.message = fmt::format("Internal error occurred: {}", error.what());
      answer = ErrorAnswer(internal);
    }
    if (store_->revision() != before) notify = on_change_;
  }
  if (notify != nullptr) (*notify)();
  return answer;
}

void ApiServer::OnChange(std::function<void()> callback) {
  absl::MutexLock lock(&mutex_);
  on_change_ = std::make_shared<const std::function<void()>>(std::move(callback));
}

std::optional<int> ApiServer::TakeFault(const ApiRequest& request) {
  for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
    const std::string method = IsWatch(request) ? "WATCH" : request.method;
    if ((!fault->method.empty() && fault->method != method) ||
        !request.target.starts_with(fault->path_prefix))
      continue;
    const int code = fault->code;
    if (--fault->count <= 0) faults_.erase(fault);
    if (code < 0) return std::nullopt;
    return code;
  }
  return std::nullopt;
}

ApiAnswer ApiServer::Route(const ApiRequest& request) {
  if (const std::optional<int> code = TakeFault(request)) {
    ApiError error;
    error.code = *code;
    error.reason = "InternalError";
    error.message = "injected fault";
    ApiAnswer answer = ErrorAnswer(error);
    answer.drop_connection = *code == 0;
    return answer;
  }
  const std::optional<ParsedTarget> target = ParseTarget(request.target);
  if (!target) return ErrorAnswer(BadRequestError("the request's target is not a valid URL path"));
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads && IsHealthPath(target->path)) return TextAnswer(200, "ok");
  if (reads) {
    if (const std::optional<Json> document = DiscoveryDocument(registry_, target->path)) {
      return JsonAnswer(200, *document);
    }
    if (const std::optional<Json> document = OpenApiDocument(registry_, target->path))
      return JsonAnswer(200, *document);
  }
  const std::optional<ResourcePath> path = ResolvePath(registry_, target->path);
  if (!path) {
    if (IsServedGroup(registry_, target->path)) return ErrorAnswer(UnknownPathError());
    return TextAnswer(404, "404 page not found\n");
  }
  if (reads) return Read(*path, *target, request);
  if (request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
    return Write(*path, *target, request);
  }
  if (request.method == "DELETE") return Remove(*path, *target, request);
  return ErrorAnswer(MethodNotAllowedError());
}

bool ApiServer::Pull(WatchStream& stream, size_t max_bytes, std::string* lines) {
  absl::MutexLock lock(&mutex_);
  return stream.Pull(*store_, max_bytes, lines);
}

bool ApiServer::Behind(const WatchStream& stream) {
  absl::MutexLock lock(&mutex_);
  return stream.Behind(*store_);
}

absl::Status ApiServer::EnsureCrd(const Json& crd) {
  absl::MutexLock lock(&mutex_);
  const Target target{registry_.Find("apiextensions.k8s.io", "v1", "customresourcedefinitions"), "",
                      std::string(Name(crd)), ""};
  if (store_->Get(target.Key()) != nullptr) return absl::OkStatus();
  const ApiResult<Written> created = objects_->Create(target, crd, {});
  if (created.ok()) return absl::OkStatus();
  return InvalidArgument("{}", created.error().message);
}

void ApiServer::InjectFault(Fault fault) {
  absl::MutexLock lock(&mutex_);
  faults_.push_back(std::move(fault));
}

void ApiServer::ClearFaults() {
  absl::MutexLock lock(&mutex_);
  faults_.clear();
}

void ApiServer::CompactHistory() {
  absl::MutexLock lock(&mutex_);
  store_->CompactHistory();
}

int64_t ApiServer::revision() const {
  absl::MutexLock lock(&mutex_);
  return store_->revision();
}

}  // namespace crm::kube::testing
