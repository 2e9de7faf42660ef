#include "kube/testing/standin_objects.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "fmt/format.h"
#include "kube/objects.h"
#include "kube/testing/json_text.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

constexpr char kPrefix[] = "resources.gardener.cloud/";

// Helm's order of installation; kinds it does not name come last.
constexpr std::string_view kInstallOrder[] = {"PriorityClass",
                                              "Namespace",
                                              "NetworkPolicy",
                                              "ResourceQuota",
                                              "LimitRange",
                                              "PodSecurityPolicy",
                                              "PodDisruptionBudget",
                                              "ServiceAccount",
                                              "Secret",
                                              "SecretList",
                                              "ConfigMap",
                                              "StorageClass",
                                              "PersistentVolume",
                                              "PersistentVolumeClaim",
                                              "CustomResourceDefinition",
                                              "ClusterRole",
                                              "ClusterRoleList",
                                              "ClusterRoleBinding",
                                              "ClusterRoleBindingList",
                                              "Role",
                                              "RoleList",
                                              "RoleBinding",
                                              "RoleBindingList",
                                              "Service",
                                              "DaemonSet",
                                              "Pod",
                                              "ReplicationController",
                                              "ReplicaSet",
                                              "Deployment",
                                              "HorizontalPodAutoscaler",
                                              "StatefulSet",
                                              "Job",
                                              "CronJob",
                                              "IngressClass",
                                              "Ingress",
                                              "APIService"};

std::ptrdiff_t Rank(const Json& object) {
  return std::find(std::begin(kInstallOrder), std::end(kInstallOrder), Kind(object)) -
         std::begin(kInstallOrder);
}

void DropNulls(Json& value) {
  if (value.is_array()) {
    for (Json& item : value) DropNulls(item);
  } else if (value.is_object()) {
    for (auto it = value.begin(); it != value.end();) {
      if (it->is_null()) {
        it = value.erase(it);
      } else {
        DropNulls(*it++);
      }
    }
  }
}

void AddLabels(const std::map<std::string, std::string>& labels, Json& metadata_holder) {
  Json& metadata = metadata_holder["metadata"];
  if (!metadata.is_object()) metadata = Json::object();
  Json& target = metadata["labels"];
  if (!target.is_object()) target = Json::object();
  for (const auto& [key, value] : labels) target[key] = value;
}

absl::Status CheckObject(const Json& object) {
  if (!object.is_object()) return InvalidArgument("a document is no object but {}", object.type_name());
  for (const char* field : {"apiVersion", "kind"}) {
    if (FindString(object, {field}).empty()) return InvalidArgument("an object lacks {}", field);
  }
  if (Name(object).empty()) return InvalidArgument("a {} lacks metadata.name", Kind(object));
  return absl::OkStatus();
}

absl::Status DecodeText(std::string_view text, std::vector<Json>* objects) {
  CRM_ASSIGN_OR_RETURN(std::vector<Json> documents, ParseYamlStream(text));
  for (Json& document : documents) {
    const Json* items = Find(document, {"items"});
    std::vector<Json> members;
    if (Kind(document) == "List" && items != nullptr && items->is_array()) {
      members.assign(items->begin(), items->end());
    } else {
      members.push_back(std::move(document));
    }
    for (Json& member : members) {
      CRM_RETURN_IF_ERROR(CheckObject(member));
      DropNulls(member);
      objects->push_back(std::move(member));
    }
  }
  return absl::OkStatus();
}

/// Labels or annotations: the current ones without what was applied before, with what is wanted now.
void MergeStrings(const Json& current, const Json& wanted, const Json& before, const char* field,
                  bool overwrite, Json& metadata) {
  Json merged = Json::object();
  const Json* present = Find(current, {"metadata", field});
  const Json* applied = Find(before, {field});
  if (present != nullptr && present->is_object() && !overwrite) {
    for (const auto& [key, value] : present->items()) {
      if (applied == nullptr || !applied->is_object() || !applied->contains(key)) merged[key] = value;
    }
  }
  if (const Json* own = Find(wanted, {"metadata", field}); own != nullptr && own->is_object())
    merged.update(*own);
  metadata.erase(field);
  if (!merged.empty()) metadata[field] = std::move(merged);
}

void KeepField(const Json& current, std::initializer_list<std::string_view> path, Json& next) {
  const Json* value = Find(current, path);
  if (value == nullptr || Find(next, path) != nullptr) return;
  Json* at = &next;
  for (std::string_view step : path) at = &(*at)[std::string(step)];
  *at = *value;
}

}  // namespace

std::string ObjectRef::ToString() const {
  return ns.empty() ? fmt::format("{}/{}/{}", api_version, kind, name)
                    : fmt::format("{}/{}/{}/{}", api_version, kind, ns, name);
}

ObjectRef RefOf(const Json& object) {
  return {std::string(FindString(object, {"apiVersion"})), std::string(Kind(object)),
          std::string(Namespace(object)), std::string(Name(object))};
}

absl::StatusOr<std::vector<Json>> DecodeSecret(const Json& secret) {
  std::vector<Json> objects;
  const Json* data = Find(secret, {"data"});
  if (data == nullptr || !data->is_object()) return objects;
  for (const auto& [key, value] : data->items()) {
    const std::string where = fmt::format("secret {}, key {}", ObjectKey(secret), key);
    if (key.ends_with(".br"))
      return InvalidArgument("{}: Brotli-compressed data is not supported here", where);
    std::string text;
    if (!value.is_string() || !absl::Base64Unescape(value.get_ref<const std::string&>(), &text)) {
      return InvalidArgument("{}: not base64", where);
    }
    CRM_RETURN_IF_ERROR(Annotate(DecodeText(text, &objects), where));
  }
  return objects;
}

void SortForInstall(std::vector<Json>& objects) {
  std::stable_sort(objects.begin(), objects.end(),
                   [](const Json& a, const Json& b) { return Rank(a) < Rank(b); });
}

Decoration DecorationOf(const Json& managed_resource, std::string_view cluster_id) {
  Decoration decoration;
  decoration.origin =
      fmt::format("{}{}{}", cluster_id, cluster_id.empty() ? "" : ":", ObjectKey(managed_resource));
  if (const Json* labels = Find(managed_resource, {"spec", "injectLabels"});
      labels != nullptr && labels->is_object()) {
    for (const auto& [key, value] : labels->items()) {
      if (value.is_string()) decoration.labels[key] = value.get<std::string>();
    }
  }
  return decoration;
}

void Decorate(const Decoration& decoration, Json& object) {
  std::map<std::string, std::string> labels = decoration.labels;
  labels[std::string(kPrefix) + "managed-by"] = "gardener";
  AddLabels(labels, object);
  if (!object["metadata"]["annotations"].is_object()) object["metadata"]["annotations"] = Json::object();
  object["metadata"]["annotations"][std::string(kPrefix) + "origin"] = decoration.origin;
  if (const Json* spec = Find(object, {"spec", "template", "spec"}); spec != nullptr) {
    AddLabels(labels, object["spec"]["template"]);
  }
  if (const Json* claims = Find(object, {"spec", "volumeClaimTemplates"});
      claims != nullptr && claims->is_array()) {
    for (Json& claim : object["spec"]["volumeClaimTemplates"]) {
      if (claim.is_object()) AddLabels(labels, claim);
    }
  }
}

bool HasOption(const Json& object, std::string_view name) {
  const std::string* value = Annotation(object, fmt::format("{}{}", kPrefix, name));
  return value != nullptr && *value == "true";
}

Json MergeWanted(const Json& current, const Json& wanted, const Json& before, const MergeRules& rules) {
  Json next = wanted;
  next["metadata"] = current.at("metadata");
  MergeStrings(current, wanted, before, "labels", rules.overwrite_labels, next["metadata"]);
  MergeStrings(current, wanted, before, "annotations", rules.overwrite_annotations, next["metadata"]);
  if (const Json* owners = Find(wanted, {"metadata", "ownerReferences"}); owners != nullptr) {
    next["metadata"]["ownerReferences"] = *owners;
  }
  next.erase("status");
  if (const Json* status = Find(current, {"status"}); status != nullptr) next["status"] = *status;
  const std::string_view kind = Kind(wanted);
  if (kind == "Service") {
    for (std::string_view field :
         {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"}) {
      KeepField(current, {"spec", field}, next);
    }
  } else if (kind == "ServiceAccount") {
    KeepField(current, {"secrets"}, next);
    KeepField(current, {"imagePullSecrets"}, next);
  } else if (HasOption(wanted, "preserve-replicas")) {
    next["spec"].erase("replicas");
    KeepField(current, {"spec", "replicas"}, next);
  }
  return next;
}

}  // namespace crm::kube::testing
