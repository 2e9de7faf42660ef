// Deletion, and the objects that hold others: namespaces and CustomResourceDefinitions.

#include "absl/time/clock.h"
#include "base/status.h"
#include "fmt/format.h"
#include "kube/objects.h"
#include "kube/testing/object_api.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

constexpr char kNamespaces[] = "/namespaces";
constexpr char kCrds[] = "apiextensions.k8s.io/customresourcedefinitions";

bool IsContainer(const StoreKey& key) { return key.resource == kNamespaces || key.resource == kCrds; }

ApiError PreconditionError(const Target& target, std::string_view what, std::string_view asked,
                           std::string_view have, std::string_view hint) {
  return ConflictError(
      target.type->group, target.type->kind, target.name,
      fmt::format("the {} in the precondition ({}) does not match the {} in record ({}). The object "
                  "might have been {}",
                  what, asked, what, have, hint));
}

Json Condition(const char* type, const char* reason, const char* message) {
  return {{"type", type},
          {"status", "True"},
          {"lastTransitionTime", Rfc3339(absl::Now())},
          {"reason", reason},
          {"message", message}};
}

}  // namespace

absl::Status ObjectApi::Start() {
  for (const ObjectPtr& crd : store_.List(kCrds, "")) {
    CRM_ASSIGN_OR_RETURN(std::vector<ResourceType> types, TypesOfCrd(*crd));
    for (ResourceType& type : types) registry_.Register(std::move(type));
  }
  for (const char* name : {"default", "kube-system", "kube-public", "kube-node-lease"}) {
    Target target{registry_.Find("", "v1", "namespaces"), "", name, ""};
    if (store_.Get(target.Key()) != nullptr) continue;
    Json object = {{"metadata", {{"name", name}}}};
    if (auto created = Create(target, std::move(object), {}); !created.ok()) {
      return Internal("create namespace {}: {}", name, created.error().message);
    }
  }
  for (const char* resource : {kNamespaces, kCrds}) {
    for (const ObjectPtr& container : store_.List(resource, "")) {
      if (IsBeingDeleted(*container)) EmptyContainer(TargetOf({resource, "", std::string(Name(*container))}));
    }
  }
  FinishContainers();
  return absl::OkStatus();
}

ApiResult<Written> ObjectApi::Delete(const Target& target, const Preconditions& preconditions, bool dry_run) {
  const ObjectPtr old = store_.Get(target.Key());
  if (old == nullptr) return NotFoundError(*target.type, target.name);
  if (!preconditions.uid.empty() && preconditions.uid != Uid(*old)) {
    return PreconditionError(target, "UID", preconditions.uid, Uid(*old), "deleted and then recreated");
  }
  if (!preconditions.resource_version.empty() && preconditions.resource_version != ResourceVersion(*old)) {
    return PreconditionError(target, "ResourceVersion", preconditions.resource_version, ResourceVersion(*old),
                             "modified");
  }
  const StoreKey key = target.Key();
  if (key.resource == kNamespaces && (target.name == "default" || target.name == "kube-system")) {
    ApiError error;
    error.code = 403;
    error.reason = "Forbidden";
    error.message =
        fmt::format("namespaces \"{}\" is forbidden: this namespace may not be deleted", target.name);
    error.kind = "namespaces";
    error.name = target.name;
    return error;
  }
  if (IsBeingDeleted(*old)) return Written{old};
  const bool waits = !Finalizers(*old).empty() || !Contents(target).empty();
  if (!waits) return RemoveNow(target, *old, dry_run);
  Json next = *old;
  next["metadata"]["deletionTimestamp"] = Rfc3339(absl::Now());
  if (key.resource == kNamespaces) {
    next["status"]["phase"] = "Terminating";
  } else {
    next["metadata"]["deletionGracePeriodSeconds"] = 0;
  }
  if (target.type->has_generation) next["metadata"]["generation"] = Generation(*old) + 1;
  ApiResult<Written> written = Store(target, old, std::move(next), dry_run);
  if (written.ok() && !dry_run && IsContainer(key)) EmptyContainer(target);
  return written;
}

std::vector<StoreKey> ObjectApi::Contents(const Target& target) const {
  const StoreKey key = target.Key();
  if (key.resource == kNamespaces) return store_.KeysInNamespace(key.name);
  std::vector<StoreKey> keys;
  if (key.resource != kCrds) return keys;
  const ObjectPtr crd = store_.Get(key);
  if (crd == nullptr) return keys;
  const std::string resource = fmt::format("{}/{}", FindString(*crd, {"spec", "group"}),
                                           FindString(*crd, {"spec", "names", "plural"}));
  for (const ObjectPtr& object : store_.List(resource, "")) {
    keys.push_back({resource, std::string(Namespace(*object)), std::string(Name(*object))});
  }
  return keys;
}

Target ObjectApi::TargetOf(const StoreKey& key) const {
  for (const ResourceTypePtr& type : registry_.All()) {
    if (type->StoreName() == key.resource) return {type, key.ns, key.name, ""};
  }
  return {};
}

void ObjectApi::EmptyContainer(const Target& target) {
  for (const StoreKey& key : Contents(target)) {
    // Refusals need no answer here: an object that stays keeps its container, and that is what the reader
    // sees.
    if (const Target content = TargetOf(key); content.type != nullptr) Delete(content, {}, false);
  }
}

void ObjectApi::FinishContainers() {
  for (const char* resource : {kNamespaces, kCrds}) {
    for (const ObjectPtr& container : store_.List(resource, "")) {
      if (!IsBeingDeleted(*container) || !Finalizers(*container).empty()) continue;
      const Target target = TargetOf({resource, "", std::string(Name(*container))});
      if (store_.Get(target.Key()) == nullptr || !Contents(target).empty()) continue;
      RemoveNow(target, *container, false);
    }
  }
}

std::optional<ApiError> ObjectApi::AcceptCrd(Json& crd) {
  const absl::StatusOr<std::vector<ResourceType>> types = TypesOfCrd(crd);
  const ResourceTypePtr crd_type = registry_.Find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  if (!types.ok()) {
    const std::string text(Message(types.status()));
    const size_t colon = text.find(": ");
    return InvalidError(*crd_type, Name(crd),
                        {"FieldValueInvalid", text.substr(colon + 2), text.substr(0, colon)});
  }
  Json names = crd["spec"]["names"];
  const std::string kind(FindString(names, {"kind"}));
  if (!names.contains("listKind")) names["listKind"] = kind + "List";
  if (!names.contains("singular")) {
    names["singular"] = types->empty() ? std::string() : types->front().singular;
  }
  crd["spec"]["names"] = names;
  if (!crd["spec"].contains("conversion")) crd["spec"]["conversion"] = {{"strategy", "None"}};
  Json& status = crd["status"];
  if (!status.is_object()) status = Json::object();
  if (!status.contains("conditions")) {
    status["conditions"] = {
        Condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        Condition("Established", "InitialNamesAccepted", "the initial names have been accepted")};
  }
  status["acceptedNames"] = names;
  status["storedVersions"] = Json::array();
  for (const Json& version : crd["spec"]["versions"]) {
    if (const Json* storage = Find(version, {"storage"}); storage != nullptr && *storage == true) {
      status["storedVersions"].push_back(version["name"]);
    }
  }
  return std::nullopt;
}

}  // namespace crm::kube::testing
