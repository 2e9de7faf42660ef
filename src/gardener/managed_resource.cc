#include "gardener/managed_resource.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "base/status.h"
#include "gardener/errors.h"
#include "gardener/hash.h"
#include "gardener/names.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::gardener {
namespace {

using kube::resources::kManagedResources;
using kube::resources::kSecrets;

constexpr std::string_view kReferencePrefix = "reference.resources.gardener.cloud/";
constexpr size_t kMaxSecretBytes = 1 << 20;  // the API server refuses larger ones
constexpr int kConflictRetries = 5;          // GRM writes the same object's status

std::vector<std::string> SecretRefs(const Json& managed_resource) {
  std::vector<std::string> names;
  const Json* refs = kube::Find(managed_resource, {"spec", "secretRefs"});
  if (refs == nullptr || !refs->is_array()) return names;
  for (const Json& ref : *refs) {
    if (const std::string_view name = kube::FindString(ref, {"name"}); !name.empty())
      names.emplace_back(name);
  }
  return names;
}

bool Contains(const std::string& text, std::string_view part, size_t* at) {
  *at = text.find(part, *at);
  return *at != std::string::npos;
}

}  // namespace

std::string SecretName(std::string_view managed_resource, const std::map<std::string, std::string>& data) {
  std::string hashes;
  for (const auto& [key, value] : data) hashes += Sha256Hex(value);
  return fmt::format("managedresource-{}-{}", managed_resource, Sha256Hex(hashes).substr(0, 8));
}

std::string ReferenceAnnotation(std::string_view secret_name) {
  return fmt::format("{}secret-{}", kReferencePrefix, Sha256Hex(secret_name).substr(0, 8));
}

Json DesiredSecret(const ManagedResource& resource, std::string_view ns) {
  Json data = Json::object();
  for (const auto& [key, value] : resource.data) data[key] = absl::Base64Escape(value);
  return {{"apiVersion", "v1"},
          {"kind", "Secret"},
          {"metadata",
           {{"name", SecretName(resource.name, resource.data)},
            {"namespace", ns},
            {"labels", {{std::string(kGarbageCollectableLabel), "true"}}}}},
          {"type", "Opaque"},
          {"immutable", true},
          {"data", std::move(data)}};
}

Json DesiredManagedResource(const ManagedResource& resource, std::string_view ns, const Json& current) {
  const bool shoot = resource.resource_class == ManagedResourceClass::kShoot;
  const std::string secret = SecretName(resource.name, resource.data);
  Json desired = current.is_object() ? current : Json::object();
  desired["apiVersion"] = kube::ApiVersion(kManagedResources);
  desired["kind"] = "ManagedResource";
  Json& metadata = desired["metadata"];
  metadata["name"] = resource.name;
  metadata["namespace"] = ns;
  if (shoot) {
    metadata["labels"]["origin"] = kOrigin;
  } else if (!ns.starts_with("shoot-")) {
    metadata["labels"]["gardener.cloud/role"] = "seed-system-component";
  }
  Json annotations = Json::object();
  if (const Json* old = kube::Find(current, {"metadata", "annotations"});
      old != nullptr && old->is_object()) {
    for (const auto& [key, value] : old->items()) {
      if (!std::string_view(key).starts_with(kReferencePrefix)) annotations[key] = value;
    }
  }
  annotations[ReferenceAnnotation(secret)] = secret;
  metadata["annotations"] = std::move(annotations);
  desired["spec"] = {{"keepObjects", false}, {"secretRefs", Json::array({{{"name", secret}}})}};
  if (shoot) {
    desired["spec"]["injectLabels"] = {{"shoot.gardener.cloud/no-cleanup", "true"}};
  } else {
    desired["spec"]["class"] = "seed";
  }
  return desired;
}

absl::Status ManagedResources::Apply(std::string_view ns, const ManagedResource& resource) {
  const Json secret = DesiredSecret(resource, ns);
  size_t bytes = 0;
  for (const auto& [key, value] : resource.data) bytes += value.size();
  if (bytes > kMaxSecretBytes) {
    return InvalidArgument(
        "managed resource {}/{}: {} bytes of objects do not fit into a secret, at most {} do", ns,
        resource.name, bytes, kMaxSecretBytes);
  }
  CRM_RETURN_IF_ERROR(ApplySecret(ns, secret));
  absl::Status status;
  for (int i = 0; i < kConflictRetries; ++i) {
    status = ApplyOnce(ns, resource, std::string(kube::Name(secret)));
    if (!absl::IsAborted(status) && !absl::IsAlreadyExists(status)) break;
  }
  return Annotate(status, fmt::format("managed resource {}/{}", ns, resource.name));
}

absl::Status ManagedResources::ApplySecret(std::string_view ns, const Json& desired) {
  const std::string name(kube::Name(desired));
  const auto failed = [&](const absl::Status& status) {
    return Annotate(status, fmt::format("secret {}/{}", ns, name));
  };
  absl::StatusOr<Json> current = client_.Get(kSecrets, ns, name);
  if (current.ok()) {
    const Json* data = kube::Find(*current, {"data"});
    if ((data == nullptr ? Json::object() : *data) == desired["data"]) return MarkCollectable(ns, name);
    // Somebody put other content under this name; being immutable it can only be replaced.
    kube::DeleteOptions this_one;
    this_one.uid = kube::Uid(*current);
    absl::Status removed = client_.Delete(kSecrets, ns, name, this_one);
    if (!removed.ok() && !absl::IsNotFound(removed)) return failed(removed);
  } else if (!absl::IsNotFound(current.status())) {
    return failed(current.status());
  }
  return failed(client_.Create(kSecrets, ns, desired).status());
}

absl::Status ManagedResources::MarkCollectable(std::string_view ns, const std::string& secret) {
  absl::StatusOr<Json> current = client_.Get(kSecrets, ns, secret);
  if (absl::IsNotFound(current.status())) return absl::OkStatus();
  if (!current.ok()) return Annotate(current.status(), fmt::format("secret {}/{}", ns, secret));
  if (const std::string* label = kube::Label(*current, kGarbageCollectableLabel);
      label != nullptr && *label == "true") {
    return absl::OkStatus();
  }
  const Json patch = {{"metadata", {{"labels", {{std::string(kGarbageCollectableLabel), "true"}}}}}};
  const absl::Status status =
      client_.Patch(kSecrets, ns, secret, kube::PatchType::kMerge, patch, {}).status();
  if (absl::IsNotFound(status)) return absl::OkStatus();
  return Annotate(status, fmt::format("secret {}/{}", ns, secret));
}

absl::Status ManagedResources::ApplyOnce(std::string_view ns, const ManagedResource& resource,
                                         const std::string& secret) {
  absl::StatusOr<Json> current = client_.Get(kManagedResources, ns, resource.name);
  if (absl::IsNotFound(current.status())) {
    return client_.Create(kManagedResources, ns, DesiredManagedResource(resource, ns, Json())).status();
  }
  CRM_RETURN_IF_ERROR(current.status());
  if (kube::IsBeingDeleted(*current)) {
    return StillWaiting(absl::Seconds(2), "an earlier managed resource of this name is still being deleted");
  }
  for (const std::string& old : SecretRefs(*current)) {
    if (old != secret) CRM_RETURN_IF_ERROR(MarkCollectable(ns, old));
  }
  const Json desired = DesiredManagedResource(resource, ns, *current);
  if (desired == *current) return absl::OkStatus();
  return client_.Update(kManagedResources, ns, resource.name, desired).status();
}

absl::Status ManagedResources::Delete(std::string_view ns, std::string_view name) {
  const auto remove = [&](const kube::Resource& resource, std::string_view object) {
    const absl::Status status = client_.Delete(resource, ns, object, {});
    if (absl::IsNotFound(status)) return absl::OkStatus();
    return Annotate(status, fmt::format("delete {} {}/{}", resource.plural, ns, object));
  };
  absl::StatusOr<Json> current = client_.Get(kManagedResources, ns, name);
  if (!current.ok() && !absl::IsNotFound(current.status())) {
    return Annotate(current.status(), fmt::format("managed resource {}/{}", ns, name));
  }
  if (current.ok() && kube::IsBeingDeleted(*current)) return absl::OkStatus();     // the secrets went first
  CRM_RETURN_IF_ERROR(remove(kSecrets, fmt::format("managedresource-{}", name)));  // of versions before 1.77
  if (!current.ok()) return absl::OkStatus();
  for (const std::string& secret : SecretRefs(*current)) CRM_RETURN_IF_ERROR(remove(kSecrets, secret));
  return remove(kManagedResources, name);
}

absl::Status ManagedResources::KeepObjects(std::string_view ns, std::string_view name) {
  const Json patch = {{"spec", {{"keepObjects", true}}}};
  const absl::Status status =
      client_.Patch(kManagedResources, ns, name, kube::PatchType::kMerge, patch, {}).status();
  if (absl::IsNotFound(status)) return absl::OkStatus();
  return Annotate(status, fmt::format("managed resource {}/{}", ns, name));
}

absl::StatusOr<Remains> ManagedResources::Look(std::string_view ns, std::string_view name) {
  absl::StatusOr<Json> current = client_.Get(kManagedResources, ns, name);
  Remains remains;
  remains.gone = absl::IsNotFound(current.status());
  if (remains.gone) return remains;
  if (!current.ok()) return Annotate(current.status(), fmt::format("managed resource {}/{}", ns, name));
  remains.text = fmt::format("resource {}/{} still exists", ns, name);
  const Json* conditions = kube::Find(*current, {"status", "conditions"});
  if (conditions == nullptr || !conditions->is_array()) return remains;
  for (const Json& condition : *conditions) {
    const std::string_view reason = kube::FindString(condition, {"reason"});
    if (kube::FindString(condition, {"type"}) != "ResourcesApplied" ||
        kube::FindString(condition, {"status"}) == "True" ||
        (reason != "DeletionFailed" && reason != "DeletionPending")) {
      continue;
    }
    remains.deletion_pending = reason == "DeletionPending";
    const std::string message(kube::FindString(condition, {"message"}));
    remains.text += "\n" + message;
    const std::string lower = absl::AsciiStrToLower(message);
    size_t at = 0;
    remains.invalid_objects =
        Contains(lower, "error during apply of object ", &at) && Contains(lower, " is invalid:", &at);
  }
  return remains;
}

absl::StatusOr<std::string> ManagedResources::CurrentData(std::string_view ns, std::string_view name,
                                                          const std::string& key) {
  absl::StatusOr<Json> current = client_.Get(kManagedResources, ns, name);
  if (absl::IsNotFound(current.status())) return std::string();
  if (!current.ok()) return Annotate(current.status(), fmt::format("managed resource {}/{}", ns, name));
  for (const std::string& ref : SecretRefs(*current)) {
    absl::StatusOr<Json> secret = client_.Get(kSecrets, ns, ref);
    if (absl::IsNotFound(secret.status())) continue;
    if (!secret.ok()) return Annotate(secret.status(), fmt::format("secret {}/{}", ns, ref));
    std::string text;
    const std::string_view encoded = kube::FindString(*secret, {"data", key});
    if (absl::Base64Unescape({encoded.data(), encoded.size()}, &text) && !text.empty()) return text;
  }
  return std::string();
}

}  // namespace crm::gardener
