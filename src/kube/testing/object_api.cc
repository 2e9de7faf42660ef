#include "kube/testing/object_api.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "base/status.h"
#include "fmt/format.h"
#include "kube/objects.h"
#include "kube/testing/object_rules.h"
#include "kube/testing/patch.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

constexpr int kNameRetries = 8;

ApiError StorageError(const absl::Status& status) {
  ApiError error;
  error.code = 500;
  error.reason = "InternalError";
  error.message = Message(status);
  return error;
}

/// What counts for metadata.generation: all but metadata and, where it is a subresource, status.
Json WantedState(const ResourceType& type, const Json& object) {
  Json wanted = object;
  wanted.erase("metadata");
  wanted.erase("apiVersion");
  if (type.has_status) wanted.erase("status");
  return wanted;
}

void SetOrErase(Json& map, const char* field, const Json& from) {
  if (auto found = from.find(field); found != from.end()) {
    map[field] = *found;
  } else {
    map.erase(field);
  }
}

std::optional<ApiError> CheckFinalizers(const Target& target, const Json& old, const Json& next) {
  if (!IsBeingDeleted(old)) return std::nullopt;
  const std::vector<std::string> before = Finalizers(old);
  for (const std::string& finalizer : Finalizers(next)) {
    if (std::find(before.begin(), before.end(), finalizer) != before.end()) continue;
    return InvalidError(
        *target.type, target.name,
        {"FieldValueForbidden",
         fmt::format("Forbidden: no new finalizers can be added if the object is being deleted, found "
                     "new finalizers []string{{\"{}\"}}",
                     finalizer),
         "metadata.finalizers"});
  }
  return std::nullopt;
}

bool IsCrd(const ResourceType& type) { return type.plural == "customresourcedefinitions" && !type.custom; }

}  // namespace

ApiResult<ObjectPtr> ObjectApi::Get(const Target& target) const {
  ObjectPtr object = store_.Get(target.Key());
  if (object == nullptr) return NotFoundError(*target.type, target.name);
  return object;
}

std::optional<ApiError> ObjectApi::CheckNamespace(const Target& target) const {
  if (!target.type->namespaced) return std::nullopt;
  const ResourceTypePtr namespaces = registry_.Find("", "v1", "namespaces");
  const ObjectPtr found = store_.Get({namespaces->StoreName(), "", target.ns});
  if (found == nullptr) return NotFoundError(*namespaces, target.ns);
  if (!IsBeingDeleted(*found)) return std::nullopt;
  ApiError error;
  error.code = 403;
  error.reason = "Forbidden";
  error.message = fmt::format(
      "{} \"{}\" is forbidden: unable to create new content in namespace {} because it is being terminated",
      target.type->QualifiedName(), target.name, target.ns);
  error.group = target.type->group;
  error.kind = target.type->plural;
  error.name = target.name;
  error.causes.push_back({"NamespaceTerminating", fmt::format("namespace {} is being terminated", target.ns),
                          "metadata.namespace"});
  return error;
}

ApiResult<Written> ObjectApi::Create(const Target& collection, Json object, const WriteOptions& options) {
  Target target = collection;
  const ResourceType& type = *target.type;
  if (auto error = CheckShape(type, object)) return *error;
  Json& metadata = object["metadata"];
  if (!FindString(metadata, {"resourceVersion"}).empty()) {
    ApiError error;
    error.message = "resourceVersion should not be set on objects to be created";
    return error;
  }
  const std::string_view ns = Namespace(object);
  if (type.namespaced && !ns.empty() && ns != target.ns) {
    return BadRequestError(
        "the namespace of the provided object does not match the namespace sent on the request");
  }
  for (const char* field :
       {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"}) {
    metadata.erase(field);
  }
  if (type.has_status) object.erase("status");
  if (type.namespaced) {
    metadata["namespace"] = target.ns;
  } else {
    metadata.erase("namespace");
  }
  target.name = Name(object);
  const std::string prefix(FindString(metadata, {"generateName"}));
  if (target.name.empty() && prefix.empty()) {
    return InvalidError(
        type, "",
        {"FieldValueRequired", "Required value: name or generateName is required", "metadata.name"});
  }
  for (int i = 0; target.name.empty() || (i > 0 && store_.Get(target.Key()) != nullptr && i < kNameRetries);
       ++i) {
    target.name = prefix + RandomSuffix();
    metadata["name"] = target.name;
    if (store_.Get(target.Key()) == nullptr) break;
  }
  if (auto error = CheckNamespace(target)) return *error;
  metadata["uid"] = NewUid();
  metadata["creationTimestamp"] = Rfc3339(absl::Now());
  if (type.has_generation) metadata["generation"] = 1;
  Normalize(type, object);
  if (auto error = ApplySchema(type, object, options.strict)) return *error;
  if (auto error = Validate(type, object, nullptr)) return *error;
  if (store_.Get(target.Key()) != nullptr) return AlreadyExistsError(type, target.name);
  ApiResult<Written> written = Store(target, nullptr, std::move(object), options.dry_run);
  if (written.ok()) written->created = true;
  return written;
}

ApiResult<Written> ObjectApi::Update(const Target& target, Json object, const WriteOptions& options) {
  const ObjectPtr old = store_.Get(target.Key());
  if (old == nullptr) return NotFoundError(*target.type, target.name);
  if (auto error = CheckShape(*target.type, object)) return *error;
  if (ResourceVersion(object).empty() && !target.type->unconditional_update) {
    ApiError error = InvalidError(*target.type, target.name,
                                  {"FieldValueInvalid", "Invalid value: 0: must be specified for an update",
                                   "metadata.resourceVersion"});
    return error;
  }
  return Change(target, old, std::move(object), options);
}

ApiResult<Written> ObjectApi::Patch(const Target& target, PatchKind kind, const Json& patch,
                                    const WriteOptions& options) {
  const ObjectPtr old = store_.Get(target.Key());
  if (old == nullptr) {
    if (kind != PatchKind::kApply || !target.subresource.empty())
      return NotFoundError(*target.type, target.name);
    Json object = patch;
    if (auto error = CheckShape(*target.type, object)) return *error;
    if (Name(object) != target.name) {
      return BadRequestError(fmt::format(
          "the name of the object ({}) does not match the name on the URL ({})", Name(object), target.name));
    }
    return Create(target, std::move(object), options);
  }
  absl::StatusOr<Json> next = Json();
  Json seen = *old;
  seen["apiVersion"] = target.type->GroupVersion();
  switch (kind) {
    case PatchKind::kMerge:
      if (!patch.is_object()) return BadRequestError("a merge patch must be a mapping");
      next = ApplyMergePatch(std::move(seen), patch);
      break;
    case PatchKind::kJson:
      next = ApplyJsonPatch(seen, patch);
      break;
    case PatchKind::kStrategic:
      next = ApplyStrategicMergePatch(std::move(seen), patch);
      break;
    case PatchKind::kApply:
      next = ApplyOver(std::move(seen), patch);
      break;
  }
  if (absl::IsFailedPrecondition(next.status())) {
    ApiError error;
    error.code = 422;
    error.reason = "Invalid";
    error.message = fmt::format("the server rejected our request due to an error in our request: {}",
                                Message(next.status()));
    return error;
  }
  if (!next.ok()) return BadRequestError(std::string(Message(next.status())));
  if (auto error = CheckShape(*target.type, *next)) return *error;
  return Change(target, old, *std::move(next), options);
}

ApiResult<Written> ObjectApi::Change(const Target& target, const ObjectPtr& old, Json next,
                                     const WriteOptions& options) {
  const ResourceType& type = *target.type;
  if (Name(next) != target.name) {
    return BadRequestError(fmt::format("the name of the object ({}) does not match the name on the URL ({})",
                                       Name(next), target.name));
  }
  if (type.namespaced && !Namespace(next).empty() && Namespace(next) != target.ns) {
    return BadRequestError(
        "the namespace of the provided object does not match the namespace sent on the request");
  }
  const std::string_view version = ResourceVersion(next);
  if (!version.empty() && version != "0" && version != ResourceVersion(*old))
    return ModifiedError(type, target.name);
  if (!Uid(next).empty() && Uid(next) != Uid(*old)) {
    return ConflictError(type.group, type.plural, target.name,
                         fmt::format("Precondition failed: UID in precondition: {}, UID in object meta: {}",
                                     Uid(next), Uid(*old)));
  }
  const Json& old_metadata = (*old)["metadata"];
  if (target.subresource == "status") {
    Json status_write = *old;
    SetOrErase(status_write, "status", next);
    next = std::move(status_write);
  } else {
    if (type.has_status) SetOrErase(next, "status", *old);
    for (const char* field : {"namespace", "uid", "creationTimestamp", "deletionTimestamp",
                              "deletionGracePeriodSeconds", "generation", "generateName"}) {
      SetOrErase(next["metadata"], field, old_metadata);
    }
  }
  next["metadata"]["resourceVersion"] = std::string(ResourceVersion(*old));
  Normalize(type, next);
  if (auto error = ApplySchema(type, next, options.strict)) return *error;
  if (auto error = Validate(type, next, old.get())) return *error;
  if (auto error = CheckFinalizers(target, *old, next)) return *error;
  if (type.has_generation && WantedState(type, *old) != WantedState(type, next)) {
    next["metadata"]["generation"] = Generation(*old) + 1;
  }
  if (IsBeingDeleted(next) && Finalizers(next).empty() && Contents(target).empty()) {
    return RemoveNow(target, std::move(next), options.dry_run);
  }
  return Store(target, old, std::move(next), options.dry_run);
}

ApiResult<Written> ObjectApi::Store(const Target& target, const ObjectPtr& old, Json next, bool dry_run) {
  if (IsCrd(*target.type)) {
    if (auto error = AcceptCrd(next)) return *error;
  }
  if (old != nullptr && next == *old) return Written{old};
  if (dry_run) {
    if (old == nullptr) next["metadata"].erase("resourceVersion");
    return Written{std::make_shared<const Json>(std::move(next))};
  }
  absl::StatusOr<ObjectPtr> stored = store_.Put(target.Key(), std::move(next));
  if (!stored.ok()) return StorageError(stored.status());
  if (IsCrd(*target.type)) {
    registry_.Unregister(FindString(**stored, {"spec", "group"}),
                         FindString(**stored, {"spec", "names", "plural"}));
    absl::StatusOr<std::vector<ResourceType>> types = TypesOfCrd(**stored);  // accepted above
    for (ResourceType& type : *types) registry_.Register(std::move(type));
  }
  return Written{*stored};
}

ApiResult<Written> ObjectApi::RemoveNow(const Target& target, Json last, bool dry_run) {
  if (dry_run) return Written{std::make_shared<const Json>(std::move(last)), false, true};
  if (IsCrd(*target.type)) {
    registry_.Unregister(FindString(last, {"spec", "group"}), FindString(last, {"spec", "names", "plural"}));
  }
  absl::StatusOr<ObjectPtr> removed = store_.Remove(target.Key(), std::move(last));
  if (!removed.ok()) return StorageError(removed.status());
  FinishContainers();
  return Written{*removed, false, true};
}

}  // namespace crm::kube::testing
