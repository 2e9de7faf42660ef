#pragma once

#include <string>
#include <string_view>

#include "kube/testing/api_server.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

/// An answer of ApiServer, parsed. Included by tests only.
struct Answered {
  int code = 0;
  Json body;

  std::string reason() const { return body.value("reason", ""); }
  std::string version() const { return body.at("metadata").value("resourceVersion", ""); }
};

inline Answered Call(ApiServer& server, std::string method, std::string target, const std::string& body = "",
                     std::string content_type = "application/json", std::string accept = "application/json") {
  const ApiAnswer answer =
      server.Handle({std::move(method), std::move(target), std::move(content_type), std::move(accept), body});
  return {answer.code, Json::parse(answer.body, nullptr, false)};
}

inline Answered CallJson(ApiServer& server, std::string method, std::string target, const Json& body,
                         std::string content_type = "application/json") {
  return Call(server, std::move(method), std::move(target), body.dump(), std::move(content_type));
}

inline constexpr char kMergePatch[] = "application/merge-patch+json";
inline constexpr char kConfigMapsPath[] = "/api/v1/namespaces/default/configmaps";
inline constexpr char kWidgetsPath[] = "/apis/example.org/v1/namespaces/default/widgets";

inline Json ConfigMap(std::string_view name, const Json& labels = Json::object()) {
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata", {{"name", std::string(name)}, {"labels", labels}}},
          {"data", {{"key", "value"}}}};
}

/// A namespaced custom resource with a status subresource, one printer column and two versions.
inline Json WidgetCrd() {
  return Json::parse(R"({
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.org"},
    "spec": {"group": "example.org", "scope": "Namespaced",
      "names": {"kind": "Widget", "plural": "widgets", "shortNames": ["wd"]},
      "versions": [
        {"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
         "additionalPrinterColumns": [{"name": "Ready", "type": "string",
           "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"}]},
        {"name": "v2", "served": true, "storage": false, "subresources": {"status": {}}},
        {"name": "v3", "served": false, "storage": false}]}})");
}

inline Json Widget(std::string_view name, int size) {
  return {{"apiVersion", "example.org/v1"},
          {"kind", "Widget"},
          {"metadata", {{"name", std::string(name)}}},
          {"spec", {{"size", size}}}};
}

inline std::unique_ptr<ApiServer> OpenForTest(StoreOptions options = {}) {
  auto server = ApiServer::Open(std::move(options));
  if (!server.ok() || !(*server)->EnsureCrd(WidgetCrd()).ok()) return nullptr;
  return *std::move(server);
}

}  // namespace crm::kube::testing
