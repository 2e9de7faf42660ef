#include "kube/testing/standin_reconciler.h"

#include <algorithm>
#include <set>

#include "absl/time/clock.h"
#include "base/status.h"
#include "fmt/format.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

constexpr absl::Duration kLookAgain = absl::Seconds(1);
constexpr char kApplied[] = "ResourcesApplied";
constexpr char kHealthy[] = "ResourcesHealthy";
constexpr char kProgressing[] = "ResourcesProgressing";

const Json& ListAt(const Json& object, std::initializer_list<std::string_view> path) {
  static const Json& empty = *new Json(Json::array());
  const Json* found = Find(object, path);
  return found != nullptr && found->is_array() ? *found : empty;
}

ObjectRef RefOfEntry(const Json& entry) {
  return {std::string(FindString(entry, {"apiVersion"})), std::string(FindString(entry, {"kind"})),
          std::string(FindString(entry, {"namespace"})), std::string(FindString(entry, {"name"}))};
}

Json EntryOf(const Json& object) {
  const ObjectRef ref = RefOf(object);
  Json entry = {{"apiVersion", ref.api_version}, {"kind", ref.kind}, {"name", ref.name}};
  if (!ref.ns.empty()) entry["namespace"] = ref.ns;
  for (const char* field : {"labels", "annotations"}) {
    if (const Json* value = Find(object, {"metadata", field}); value != nullptr) entry[field] = *value;
  }
  return entry;
}

/// The entry of `resources` for the object, an empty mapping when it was not applied before.
Json EntryFor(const Json& resources, const ObjectRef& ref) {
  for (const Json& entry : resources) {
    if (RefOfEntry(entry) == ref) return entry;
  }
  return Json::object();
}

bool FlagAt(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* value = Find(object, path);
  return value != nullptr && *value == true;
}

std::vector<StandinCondition> HealthConditions(
    const std::vector<std::pair<ObjectRef, HealthFinding>>& findings) {
  StandinCondition healthy{kHealthy, "True", "ResourcesHealthy", "All resources are healthy."};
  StandinCondition progressing{kProgressing, "False", "ResourcesRolledOut",
                               "All resources have been fully rolled out."};
  Health worst = Health::kHealthy;
  for (const auto& [ref, finding] : findings) {
    const std::string message = fmt::format("{} {}: {}", ref.kind, ref.name, finding.message);
    if (finding.health == Health::kProgressing || finding.health == Health::kUnknown) {
      const bool known = finding.health == Health::kProgressing;
      progressing = {kProgressing, known ? "True" : "Unknown",
                     known ? ref.kind + "Progressing" : "ChecksPending", message};
    }
    if (finding.health <= std::max(worst, Health::kProgressing)) continue;  // rolling out is not unhealthy
    worst = finding.health;
    if (worst == Health::kUnknown) healthy = {kHealthy, "Unknown", "ChecksPending", message};
    if (worst == Health::kUnhealthy) healthy = {kHealthy, "False", ref.kind + "Unhealthy", message};
    if (worst == Health::kMissing) healthy = {kHealthy, "False", ref.kind + "Missing", message};
  }
  return {healthy, progressing};
}

}  // namespace

StandinReconciler::StandinReconciler(Client& source, Client& target, std::string cluster_id)
    : source_(source),
      target_(target),
      cluster_id_(std::move(cluster_id)),
      log_("resource-manager-standin") {}

absl::StatusOr<absl::Duration> StandinReconciler::Reconcile(const std::string& ns, const std::string& name) {
  absl::StatusOr<Json> managed_resource = source_.Get(resources::kManagedResources, ns, name);
  if (absl::IsNotFound(managed_resource.status())) return absl::InfiniteDuration();
  if (!managed_resource.ok()) return managed_resource.status();
  if (!FindString(*managed_resource, {"spec", "class"}).empty()) return absl::InfiniteDuration();
  if (IsBeingDeleted(*managed_resource)) return Remove(*managed_resource);
  return Apply(*std::move(managed_resource));
}

absl::StatusOr<std::vector<Json>> StandinReconciler::Wanted(const Json& managed_resource,
                                                            std::string* reason) {
  std::vector<Json> objects;
  for (const Json& reference : ListAt(managed_resource, {"spec", "secretRefs"})) {
    const std::string name(FindString(reference, {"name"}));
    *reason = "CannotReadSecret";
    CRM_ASSIGN_OR_RETURN(const Json secret,
                         source_.Get(resources::kSecrets, Namespace(managed_resource), name));
    *reason = "DecodingFailed";
    CRM_ASSIGN_OR_RETURN(std::vector<Json> decoded, DecodeSecret(secret));
    std::move(decoded.begin(), decoded.end(), std::back_inserter(objects));
  }
  const Decoration decoration = DecorationOf(managed_resource, cluster_id_);
  *reason = "ApplyFailed";
  std::erase_if(objects, [](const Json& object) { return HasOption(object, "ignore"); });
  for (Json& object : objects) {
    Decorate(decoration, object);
    if (!Namespace(object).empty()) continue;
    const ObjectRef ref = RefOf(object);
    const absl::StatusOr<Resource> resource = target_.ResourceOf(ref.api_version, ref.kind);
    // A kind whose definition is among the objects is not known yet: its turn comes with the next attempt.
    if (resource.ok() && resource->namespaced) object["metadata"]["namespace"] = "default";
    if (!resource.ok() && !absl::IsNotFound(resource.status())) return resource.status();
  }
  SortForInstall(objects);
  return objects;
}

absl::StatusOr<absl::Duration> StandinReconciler::Apply(Json managed_resource) {
  const std::string key = ObjectKey(managed_resource);
  if (!HasFinalizer(managed_resource, kStandinFinalizer)) {
    std::vector<std::string> finalizers = Finalizers(managed_resource);
    finalizers.push_back(kStandinFinalizer);
    const Json patch = {
        {"metadata",
         {{"resourceVersion", std::string(ResourceVersion(managed_resource))}, {"finalizers", finalizers}}}};
    CRM_ASSIGN_OR_RETURN(managed_resource,
                         source_.Patch(resources::kManagedResources, Namespace(managed_resource),
                                       Name(managed_resource), PatchType::kMerge, patch, {}));
  }
  std::string reason;
  const absl::StatusOr<std::vector<Json>> wanted = Wanted(managed_resource, &reason);
  if (!wanted.ok()) {
    CRM_RETURN_IF_ERROR(SetStatus(managed_resource,
                                  {{kApplied, "False", reason, std::string(Message(wanted.status()))}},
                                  nullptr, true));
    return Annotate(wanted.status(), key);
  }
  const Json before = ListAt(managed_resource, {"status", "resources"});
  Json resources = Json::array();
  std::set<ObjectRef> kept;
  for (const Json& object : *wanted) {
    kept.insert(RefOf(object));
    resources.push_back(EntryOf(object));
  }
  std::vector<ObjectRef> leaving;
  Json either = resources;
  for (const Json& entry : before) {
    if (kept.contains(RefOfEntry(entry))) continue;
    leaving.push_back(RefOfEntry(entry));
    either.push_back(entry);
  }
  const bool fresh =
      FindInt(managed_resource, {"status", "observedGeneration"}) != Generation(managed_resource);
  if (either != before || fresh) {
    const std::string pending = "The resources are being applied.";
    Json announced = either;
    for (Json& entry : announced) {  // labels and annotations as last applied, until the new ones are
      if (const Json old = EntryFor(before, RefOfEntry(entry)); !old.empty()) entry = old;
    }
    CRM_RETURN_IF_ERROR(SetStatus(managed_resource,
                                  {{kApplied, "Progressing", "ApplyProgressing", pending},
                                   {kHealthy, "Unknown", "ChecksPending", pending},
                                   {kProgressing, "Unknown", "ChecksPending", pending}},
                                  &announced, true));
  }

  const MergeRules rules{FlagAt(managed_resource, {"spec", "forceOverwriteLabels"}),
                         FlagAt(managed_resource, {"spec", "forceOverwriteAnnotations"})};
  std::vector<std::string> errors;
  std::vector<std::pair<ObjectRef, HealthFinding>> findings;
  for (const Json& object : *wanted) {
    const ObjectRef ref = RefOf(object);
    const absl::StatusOr<Json> applied = target_.Apply(object, EntryFor(before, ref), rules);
    if (!applied.ok()) {
      errors.push_back(
          fmt::format("error during apply of object \"{}\": {}", ref.ToString(), Message(applied.status())));
      continue;
    }
    if (!HasOption(object, "skip-health-check")) findings.emplace_back(ref, CheckHealth(*applied));
  }
  if (!errors.empty()) {
    std::string message = "Could not apply all new resources: ";
    for (const std::string& error : errors) message += (&error == &errors.front() ? "" : "; ") + error;
    CRM_RETURN_IF_ERROR(
        SetStatus(managed_resource, {{kApplied, "False", "ApplyFailed", message}}, nullptr, true));
    return Internal("{}: {}", key, message);
  }
  CRM_ASSIGN_OR_RETURN(const std::vector<ObjectRef> ending, DeleteAll(leaving));
  std::vector<StandinCondition> conditions = HealthConditions(findings);
  if (ending.empty()) {
    conditions.push_back({kApplied, "True", "ApplySucceeded", "All resources are applied."});
  } else {
    conditions.push_back({kApplied, "Progressing", "DeletionPending",
                          fmt::format("{} is still being deleted.", ending.front().ToString())});
    for (const ObjectRef& ref : ending) resources.push_back(EntryFor(before, ref));
  }
  const bool settled = ending.empty() && conditions[0].status == "True" && conditions[1].status == "False";
  if (either != before || fresh) log_.Info("{}: applied {} objects", key, wanted->size());
  CRM_RETURN_IF_ERROR(SetStatus(managed_resource, conditions, &resources, true));
  return settled ? absl::InfiniteDuration() : kLookAgain;
}

absl::StatusOr<absl::Duration> StandinReconciler::Remove(const Json& managed_resource) {
  if (!HasFinalizer(managed_resource, kStandinFinalizer)) return absl::InfiniteDuration();
  Json current = managed_resource;
  if (!FlagAt(managed_resource, {"spec", "keepObjects"})) {
    std::vector<ObjectRef> refs;
    for (const Json& entry : ListAt(managed_resource, {"status", "resources"}))
      refs.push_back(RefOfEntry(entry));
    std::reverse(refs.begin(), refs.end());
    const absl::StatusOr<std::vector<ObjectRef>> ending = DeleteAll(refs);
    if (!ending.ok()) {
      CRM_RETURN_IF_ERROR(
          SetStatus(current, {{kApplied, "False", "DeletionFailed", std::string(Message(ending.status()))}},
                    nullptr, false));
      return ending.status();
    }
    if (!ending->empty()) {
      CRM_RETURN_IF_ERROR(SetStatus(current,
                                    {{kApplied, "Progressing", "DeletionPending",
                                      fmt::format("{} is still being deleted.", ending->front().ToString())}},
                                    nullptr, false));
      return kLookAgain;
    }
  }
  std::vector<std::string> finalizers = Finalizers(current);
  std::erase(finalizers, kStandinFinalizer);
  const Json patch = {{"metadata",
                       {{"resourceVersion", std::string(ResourceVersion(current))},
                        {"finalizers", finalizers.empty() ? Json(nullptr) : Json(finalizers)}}}};
  const absl::StatusOr<Json> released = source_.Patch(resources::kManagedResources, Namespace(current),
                                                      Name(current), PatchType::kMerge, patch, {});
  if (!released.ok() && !absl::IsNotFound(released.status())) return released.status();
  log_.Info("{}: removed", ObjectKey(managed_resource));
  return absl::InfiniteDuration();
}

absl::StatusOr<std::vector<ObjectRef>> StandinReconciler::DeleteAll(const std::vector<ObjectRef>& refs) {
  std::vector<ObjectRef> ending;
  absl::Status failed;
  for (const ObjectRef& ref : refs) {
    const absl::StatusOr<bool> gone = target_.Delete(ref);
    if (!gone.ok()) {
      failed = Annotate(gone.status(), ref.ToString());  // the others still get their turn
    } else if (!*gone) {
      ending.push_back(ref);
    }
  }
  if (!failed.ok()) return failed;
  return ending;
}

absl::Status StandinReconciler::SetStatus(Json& managed_resource,
                                          const std::vector<StandinCondition>& conditions,
                                          const Json* resources, bool observed) {
  Json status = managed_resource.value("status", Json::object());
  status["conditions"] = WithConditions(status.value("conditions", Json()), conditions, absl::Now());
  if (resources != nullptr) status["resources"] = *resources;
  if (observed) status["observedGeneration"] = Generation(managed_resource);
  Json next = managed_resource;
  next["status"] = std::move(status);
  Json patch = MergePatch(managed_resource, next);
  if (patch.empty()) return absl::OkStatus();
  patch["metadata"]["resourceVersion"] = std::string(ResourceVersion(managed_resource));
  PatchOptions options;
  options.subresource = "status";
  absl::StatusOr<Json> written = source_.Patch(resources::kManagedResources, Namespace(managed_resource),
                                               Name(managed_resource), PatchType::kMerge, patch, options);
  if (!written.ok()) return written.status();
  managed_resource = *std::move(written);
  return absl::OkStatus();
}

}  // namespace crm::kube::testing
