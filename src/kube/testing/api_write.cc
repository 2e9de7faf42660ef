// POST, PUT, PATCH and DELETE.

#include "base/status.h"
#include "fmt/format.h"
#include "kube/objects.h"
#include "kube/testing/api_answer.h"
#include "kube/testing/api_server.h"
#include "kube/testing/json_text.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

constexpr char kJsonType[] = "application/json";
constexpr char kYamlType[] = "application/yaml";

/// The media type without its parameters.
std::string MediaType(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  return std::string(content_type);
}

ApiResult<ObjectPtr> ParseBody(const ApiRequest& request, const std::string& media_type,
                               std::string_view kind) {
  const bool yaml = media_type == kYamlType || media_type == "application/apply-patch+yaml";
  absl::StatusOr<Json> body = yaml ? ParseYaml(request.body) : ParseJson(request.body);
  if (body.ok()) return std::make_shared<const Json>(*std::move(body));
  return BadRequestError(
      fmt::format("the object provided is unrecognized (must be of type {}): couldn't get "
                  "version/kind; {}",
                  kind, Message(body.status())));
}

struct Patch {
  PatchKind kind;
  const char* media_type;
};
constexpr Patch kPatches[] = {{PatchKind::kJson, "application/json-patch+json"},
                              {PatchKind::kMerge, "application/merge-patch+json"},
                              {PatchKind::kApply, "application/apply-patch+yaml"},
                              {PatchKind::kStrategic, "application/strategic-merge-patch+json"}};

std::optional<PatchKind> PatchKindOf(const std::string& media_type, const ResourceType& type) {
  for (const Patch& patch : kPatches) {
    // As in a kube-apiserver, custom resources have no strategy to merge by.
    if (media_type == patch.media_type && !(patch.kind == PatchKind::kStrategic && type.custom))
      return patch.kind;
  }
  return std::nullopt;
}

ApiError NoFieldManager() {
  ApiError error;
  error.code = 422;
  error.reason = "Invalid";
  error.message =
      "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
  error.group = "meta.k8s.io";
  error.kind = "PatchOptions";
  error.causes.push_back(
      {"FieldValueRequired", "Required value: is required for apply patch", "fieldManager"});
  return error;
}

Json SuccessStatus(const ResourceType& type, const Json& object) {
  Json details = {
      {"name", std::string(Name(object))}, {"kind", type.plural}, {"uid", std::string(Uid(object))}};
  if (!type.group.empty()) details["group"] = type.group;
  return {{"kind", "Status"},
          {"apiVersion", "v1"},
          {"metadata", Json::object()},
          {"status", "Success"},
          {"details", std::move(details)}};
}

bool AsksForDryRun(const ParsedTarget& target, const Json& options) {
  const Json* list = Find(options, {"dryRun"});
  return target.Query("dryRun") == "All" || (list != nullptr && *list == Json::array({"All"}));
}

}  // namespace

ApiAnswer ApiServer::Write(const ResourcePath& path, const ParsedTarget& target, const ApiRequest& request) {
  const bool create = request.method == "POST";
  if (create && (!path.name.empty() || (path.type->namespaced && path.ns.empty()))) {
    return ErrorAnswer(MethodNotAllowedError());
  }
  if (!create && path.name.empty()) return ErrorAnswer(BadRequestError("name must be provided"));
  const std::string dry_run = target.Query("dryRun");
  if (!dry_run.empty() && dry_run != "All") {
    return ErrorAnswer(BadRequestError(
        fmt::format("dryRun: Unsupported value: \"{}\": supported values: \"All\"", dry_run)));
  }
  const std::string media_type = MediaType(request.content_type);
  const Target object{path.type, path.ns, path.name, path.subresource};

  std::optional<PatchKind> patch_kind;
  if (request.method == "PATCH") {
    patch_kind = PatchKindOf(media_type, *path.type);
    if (!patch_kind) {
      return ErrorAnswer(UnsupportedMediaTypeError(
          path.type->custom
              ? "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
              : "application/json-patch+json, application/merge-patch+json, "
                "application/strategic-merge-patch+json, "
                "application/apply-patch+yaml"));
    }
    if (*patch_kind == PatchKind::kApply && target.Query("fieldManager").empty())
      return ErrorAnswer(NoFieldManager());
  } else if (!media_type.empty() && media_type != kJsonType && media_type != kYamlType) {
    return ErrorAnswer(UnsupportedMediaTypeError("application/json, application/yaml"));
  }
  const ApiResult<ObjectPtr> body = ParseBody(request, media_type, path.type->kind);
  if (!body.ok()) return ErrorAnswer(body.error());
  const WriteOptions options{!dry_run.empty(), target.Query("fieldValidation") == "Strict"};
  const ApiResult<Written> written = create       ? objects_->Create(object, **body, options)
                                     : patch_kind ? objects_->Patch(object, *patch_kind, **body, options)
                                                  : objects_->Update(object, **body, options);
  if (!written.ok()) return ErrorAnswer(written.error());
  return ObjectAnswer(written->created ? 201 : 200, *path.type, written->object, View::kObject);
}

ApiAnswer ApiServer::Remove(const ResourcePath& path, const ParsedTarget& target, const ApiRequest& request) {
  if (!path.subresource.empty()) return ErrorAnswer(MethodNotAllowedError());
  Json options = Json::object();
  if (!request.body.empty()) {
    const std::string media_type = MediaType(request.content_type);
    if (!media_type.empty() && media_type != kJsonType && media_type != kYamlType) {
      return ErrorAnswer(UnsupportedMediaTypeError("application/json, application/yaml"));
    }
    const ApiResult<ObjectPtr> body = ParseBody(request, media_type, "DeleteOptions");
    if (!body.ok()) return ErrorAnswer(body.error());
    options = **body;
  }
  const bool dry = AsksForDryRun(target, options);
  const Preconditions preconditions{std::string(FindString(options, {"preconditions", "uid"})),
                                    std::string(FindString(options, {"preconditions", "resourceVersion"}))};
  if (!path.name.empty()) {
    const ApiResult<Written> written =
        objects_->Delete({path.type, path.ns, path.name, ""}, preconditions, dry);
    if (!written.ok()) return ErrorAnswer(written.error());
    if (written->removed) return JsonAnswer(200, SuccessStatus(*path.type, *written->object));
    return ObjectAnswer(200, *path.type, written->object, View::kObject);
  }
  // The list that is answered names what was to be deleted; objects with finalizers are still there.
  ApiAnswer listed = List(path, target, View::kObject);
  if (listed.code != 200) return listed;
  const absl::StatusOr<Json> list = ParseJson(listed.body);
  if (!list.ok()) return ErrorAnswer(BadRequestError(std::string(Message(list.status()))));
  for (const Json& item : (*list)["items"]) {
    const ApiResult<Written> written =
        objects_->Delete({path.type, std::string(Namespace(item)), std::string(Name(item)), ""}, {}, dry);
    if (!written.ok() && written.error().code != 404) return ErrorAnswer(written.error());
  }
  return listed;
}

}  // namespace crm::kube::testing
