#include "kube/testing/discovery.h"

#include <algorithm>
#include <vector>

#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

std::vector<std::string> Groups(const ResourceRegistry& registry) {
  std::vector<std::string> groups;
  for (const ResourceTypePtr& type : registry.All()) {
    if (!type->group.empty() && std::find(groups.begin(), groups.end(), type->group) == groups.end()) {
      groups.push_back(type->group);
    }
  }
  return groups;
}

Json GroupDocument(const ResourceRegistry& registry, std::string_view group) {
  Json versions = Json::array();
  for (const ResourceTypePtr& type : registry.All()) {
    if (type->group != group) continue;
    Json entry = {{"groupVersion", type->GroupVersion()}, {"version", type->version}};
    if (std::find(versions.begin(), versions.end(), entry) == versions.end())
      versions.push_back(std::move(entry));
  }
  return {{"name", std::string(group)}, {"versions", versions}, {"preferredVersion", versions.front()}};
}

std::optional<Json> ResourceList(const ResourceRegistry& registry, std::string_view group_version) {
  static const Json kVerbs = {"create", "delete", "deletecollection", "get",
                              "list",   "patch",  "update",           "watch"};
  Json resources = Json::array();
  for (const ResourceTypePtr& type : registry.All()) {
    if (type->GroupVersion() != group_version) continue;
    Json entry = {{"name", type->plural},
                  {"singularName", type->singular},
                  {"namespaced", type->namespaced},
                  {"kind", type->kind},
                  {"verbs", kVerbs}};
    if (!type->short_names.empty()) entry["shortNames"] = type->short_names;
    resources.push_back(std::move(entry));
    if (!type->has_status) continue;
    resources.push_back({{"name", type->plural + "/status"},
                         {"singularName", ""},
                         {"namespaced", type->namespaced},
                         {"kind", type->kind},
                         {"verbs", {"get", "patch", "update"}}});
  }
  if (resources.empty()) return std::nullopt;
  return Json{{"kind", "APIResourceList"},
              {"apiVersion", "v1"},
              {"groupVersion", std::string(group_version)},
              {"resources", std::move(resources)}};
}

}  // namespace

std::optional<Json> DiscoveryDocument(const ResourceRegistry& registry, std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  if (path == "/version") {
    return Json{{"major", "1"},        {"minor", "34"},           {"gitVersion", "v1.34.0+embedded"},
                {"gitCommit", ""},     {"gitTreeState", "clean"}, {"buildDate", "1970-01-01T00:00:00Z"},
                {"goVersion", "none"}, {"compiler", "c++"},       {"platform", "linux/amd64"}};
  }
  if (path == "/api") {
    return Json{{"kind", "APIVersions"}, {"versions", {"v1"}}, {"serverAddressByClientCIDRs", Json::array()}};
  }
  if (path == "/api/v1") return ResourceList(registry, "v1");
  if (path == "/apis") {
    Json groups = Json::array();
    for (const std::string& group : Groups(registry)) groups.push_back(GroupDocument(registry, group));
    return Json{{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(groups)}};
  }
  if (!path.starts_with("/apis/")) return std::nullopt;
  path.remove_prefix(6);
  if (path.find('/') != std::string_view::npos) return ResourceList(registry, path);
  const std::vector<std::string> groups = Groups(registry);
  if (std::find(groups.begin(), groups.end(), path) == groups.end()) return std::nullopt;
  Json document = GroupDocument(registry, path);
  document["kind"] = "APIGroup";
  document["apiVersion"] = "v1";
  return document;
}

}  // namespace crm::kube::testing
