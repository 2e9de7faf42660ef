#include "kube/testing/openapi.h"

#include <string>

#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

constexpr std::string_view kRoot = "/openapi/v3";

std::string GroupPath(const ResourceType& type) {
  return type.group.empty() ? "api/" + type.version : fmt::format("apis/{}/{}", type.group, type.version);
}

Json QueryParameter(const char* name) {
  return {{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}}}};
}

Json GroupDocument(const ResourceRegistry& registry, std::string_view group_path) {
  Json paths = Json::object();
  Json schemas = Json::object();
  for (const ResourceTypePtr& type : registry.All()) {
    if (GroupPath(*type) != group_path) continue;
    const Json identity = {{"group", type->group}, {"version", type->version}, {"kind", type->kind}};
    const std::string path = fmt::format("/{}/{}{}/{{name}}", group_path,
                                         type->namespaced ? "namespaces/{namespace}/" : "", type->plural);
    paths[path]["patch"] = {{"x-kubernetes-group-version-kind", identity},
                            {"parameters",
                             {QueryParameter("dryRun"), QueryParameter("fieldManager"),
                              QueryParameter("fieldValidation"), QueryParameter("force")}},
                            {"responses", Json::object()}};
    Json schema = type->schema == nullptr ? Json{{"type", "object"}} : *type->schema;
    schema["x-kubernetes-group-version-kind"] = Json::array({identity});
    schemas[fmt::format("{}.{}", type->QualifiedName(), type->kind)] = std::move(schema);
  }
  return {{"openapi", "3.0.0"},
          {"info", {{"title", "Kubernetes"}, {"version", "v1.34.0+embedded"}}},
          {"paths", std::move(paths)},
          {"components", {{"schemas", std::move(schemas)}}}};
}

}  // namespace

std::optional<Json> OpenApiDocument(const ResourceRegistry& registry, std::string_view path) {
  if (!path.starts_with(kRoot)) return std::nullopt;
  path.remove_prefix(kRoot.size());
  Json groups = Json::object();
  for (const ResourceTypePtr& type : registry.All()) {
    const std::string group_path = GroupPath(*type);
    if (path == "/" + group_path) return GroupDocument(registry, group_path);
    groups[group_path] = {{"serverRelativeURL", fmt::format("{}/{}", kRoot, group_path)}};
  }
  if (!path.empty()) return std::nullopt;
  return Json{{"paths", std::move(groups)}};
}

}  // namespace crm::kube::testing
