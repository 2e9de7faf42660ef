#include "gardener/reconciler.h"

#include <algorithm>
#include <exception>

#include "base/log.h"
#include "base/status.h"
#include "gardener/errors.h"
#include "gardener/names.h"
#include "gardener/predicates.h"
#include "gardener/status_writer.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::gardener {
namespace {

using kube::resources::kClusters;
using kube::resources::kExtensions;
using kube::resources::kNamespaces;

constexpr int kConflictRetries = 5;
constexpr int kWaitingProgress = 50;

bool IsForced(const Json* cluster) {
  const std::string_view value = cluster == nullptr
                                     ? std::string_view()
                                     : kube::FindString(*cluster, {"spec", "shoot", "metadata", "annotations",
                                                                   kForceDeletionAnnotation});
  for (std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (value == yes) return true;
  }
  return false;
}

// The same operation was left waiting: its status needs no new beginning.
bool IsContinued(const Json& extension, Operation operation) {
  const Json* last = kube::Find(extension, {"status", "lastOperation"});
  return last != nullptr && kube::FindString(*last, {"type"}) == OperationName(operation) &&
         kube::FindString(*last, {"state"}) == "Processing" &&
         kube::FindInt(*last, {"progress"}) == kWaitingProgress;
}

bool AddsFinalizer(Operation operation) {
  return operation != Operation::kDelete && operation != Operation::kMigrate;
}

Json FinalizersPatch(const Json& extension, const std::vector<std::string>& finalizers) {
  return {{"metadata",
           {{"finalizers", finalizers}, {"resourceVersion", std::string(kube::ResourceVersion(extension))}}}};
}

Json WithFinalizer(const Json& extension) {
  if (kube::HasFinalizer(extension, kFinalizer)) return nullptr;
  std::vector<std::string> finalizers = kube::Finalizers(extension);
  finalizers.emplace_back(kFinalizer);
  return FinalizersPatch(extension, finalizers);
}

Json WithoutFinalizer(const Json& extension) {
  if (!kube::HasFinalizer(extension, kFinalizer)) return nullptr;
  std::vector<std::string> finalizers = kube::Finalizers(extension);
  finalizers.erase(std::remove(finalizers.begin(), finalizers.end(), kFinalizer), finalizers.end());
  return FinalizersPatch(extension, finalizers);
}

Json WithoutAnyFinalizer(const Json& extension) {
  if (kube::Finalizers(extension).empty()) return nullptr;
  return FinalizersPatch(extension, {});
}

}  // namespace

Reconciler::Result Reconciler::Reconcile(std::string_view ns, std::string_view name) {
  absl::StatusOr<Json> extension = client_.Get(kExtensions, ns, name);
  if (absl::IsNotFound(extension.status())) return {};
  if (!extension.ok()) return {Annotate(extension.status(), fmt::format("extension {}/{}", ns, name))};
  if (!HasOurType(*extension) || !HasClass(*extension, options_.classes) || WaitsForState(*extension))
    return {};

  const Operation operation = OperationOf(*extension);
  absl::StatusOr<Json> cluster = FindCluster(ns, operation);
  if (!cluster.ok()) return {cluster.status()};
  const Json* known_cluster = cluster->is_null() ? nullptr : &*cluster;
  if (ShootFailed(known_cluster)) return {};

  // No finalizer of ours on a deleted object: it has been cleaned up before.
  const bool nothing_to_do = BelongsToAnotherSeed(*extension, operation) ||
                             (operation == Operation::kDelete && !kube::HasFinalizer(*extension, kFinalizer));
  if (nothing_to_do) return {RemoveAnnotation(&*extension, "reconcile")};
  return Run(*std::move(extension), operation, known_cluster);
}

// Null when there is none and none is needed.
absl::StatusOr<Json> Reconciler::FindCluster(std::string_view ns, Operation operation) {
  absl::StatusOr<Json> cluster = client_.Get(kClusters, "", ns);
  if (cluster.ok()) return cluster;
  if (!absl::IsNotFound(cluster.status())) return Annotate(cluster.status(), fmt::format("cluster {}", ns));
  // Whatever happened to the Cluster, it must not keep objects from being removed.
  if (operation == Operation::kDelete || operation == Operation::kMigrate) return Json();
  absl::StatusOr<Json> home = client_.Get(kNamespaces, "", ns);
  const std::string* role = home.ok() ? kube::Label(*home, "gardener.cloud/role") : nullptr;
  if (role != nullptr && *role == "shoot") return Annotate(cluster.status(), fmt::format("cluster {}", ns));
  return Json();
}

// Every write leaves a state from which the next run finds the same operation: the annotation that asks for
// it goes only after lastOperation says Processing (or Succeeded, for migrate and restore).
Reconciler::Result Reconciler::Run(Json extension, Operation operation, const Json* cluster) {
  if (AddsFinalizer(operation)) {
    if (absl::Status status = PatchMetadata(&extension, WithFinalizer); !status.ok()) return {status};
  }
  if (!IsContinued(extension, operation)) {
    absl::StatusOr<Json> started = PatchStatus(extension, StartPatch(operation, options_.now()));
    if (!started.ok()) return {started.status()};
    extension = *std::move(started);
  }
  if (absl::Status status = RemoveAnnotation(&extension, "reconcile"); !status.ok()) return {status};

  const absl::Status status = Act(extension, operation, cluster);
  if (IsStillWaiting(status)) {
    const Json patch = WaitingPatch(operation, Message(status), options_.now());
    const bool news = kube::FindString(patch, {"status", "lastOperation", "description"}) !=
                      kube::FindString(extension, {"status", "lastOperation", "description"});
    if (news) PatchStatus(extension, patch).IgnoreError();  // the next round says it again
    return {absl::OkStatus(), *RequeueDelay(status)};
  }
  if (!status.ok()) {
    PatchStatus(extension, ErrorPatch(operation, extension, status, options_.now())).IgnoreError();
    return {status, RequeueDelay(status).value_or(absl::ZeroDuration())};
  }

  absl::StatusOr<Json> succeeded = PatchStatus(extension, SuccessPatch(operation, extension, options_.now()));
  if (!succeeded.ok()) return {succeeded.status()};
  extension = *std::move(succeeded);
  switch (operation) {
    case Operation::kCreate:
    case Operation::kReconcile:
      return {absl::OkStatus(), options_.resync};
    case Operation::kRestore:
      return {RemoveAnnotation(&extension, "restore")};
    case Operation::kDelete:
      return {PatchMetadata(&extension, WithoutFinalizer)};
    case Operation::kMigrate:
      break;
  }
  if (absl::Status removed = PatchMetadata(&extension, WithoutAnyFinalizer); !removed.ok()) return {removed};
  return {RemoveAnnotation(&extension, "migrate")};
}

absl::Status Reconciler::Act(const Json& extension, Operation operation, const Json* cluster) {
  try {
    switch (operation) {
      case Operation::kMigrate:
        return actuator_.Migrate(extension);
      case Operation::kDelete:
        return IsForced(cluster) ? actuator_.ForceDelete(extension) : actuator_.Delete(extension, cluster);
      default:
        return actuator_.Reconcile(extension, cluster);
    }
  } catch (const std::exception& error) {  // a defect of ours must show in the status, not end the process
    return Internal("unexpected: {}", error.what());
  }
}

absl::Status Reconciler::PatchMetadata(Json* extension, const std::function<Json(const Json&)>& patch) {
  const std::string ns(kube::Namespace(*extension));
  const std::string name(kube::Name(*extension));
  for (int i = 0;; ++i) {
    const Json body = patch(*extension);
    if (body.is_null()) return absl::OkStatus();
    absl::StatusOr<Json> patched = client_.Patch(kExtensions, ns, name, kube::PatchType::kMerge, body, {});
    if (patched.ok()) {
      *extension = *std::move(patched);
      return absl::OkStatus();
    }
    if (absl::IsNotFound(patched.status())) return absl::OkStatus();
    if (!absl::IsAborted(patched.status()) || i == kConflictRetries) {
      return Annotate(patched.status(), fmt::format("extension {}/{}: metadata", ns, name));
    }
    absl::StatusOr<Json> current = client_.Get(kExtensions, ns, name);
    if (absl::IsNotFound(current.status())) return absl::OkStatus();
    if (!current.ok()) return Annotate(current.status(), fmt::format("extension {}/{}", ns, name));
    *extension = *std::move(current);
  }
}

// With the resourceVersion: an annotation that has become another one since must stay.
absl::Status Reconciler::RemoveAnnotation(Json* extension, std::string_view value) {
  return PatchMetadata(extension, [value](const Json& object) -> Json {
    if (OperationAnnotation(object) != value) return nullptr;
    return {{"metadata",
             {{"annotations", {{std::string(kOperationAnnotation), nullptr}}},
              {"resourceVersion", std::string(kube::ResourceVersion(object))}}}};
  });
}

absl::StatusOr<Json> Reconciler::PatchStatus(const Json& extension, const Json& patch) {
  kube::PatchOptions status;
  status.subresource = "status";
  absl::StatusOr<Json> patched = client_.Patch(kExtensions, kube::Namespace(extension), kube::Name(extension),
                                               kube::PatchType::kMerge, patch, status);
  if (!patched.ok()) {
    return Annotate(patched.status(), fmt::format("extension {}: status", kube::ObjectKey(extension)));
  }
  return patched;
}

}  // namespace crm::gardener
