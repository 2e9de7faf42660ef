#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kube/client.h"

/// ManagedResources and the immutable secrets that carry their objects: what the gardener-resource-manager
/// (GRM) applies. Spec 60 sections 5.2 and 6.
namespace crm::gardener {

using kube::Json;

enum class ManagedResourceClass { kShoot, kSeed };

struct ManagedResource {
  std::string name;
  ManagedResourceClass resource_class = ManagedResourceClass::kShoot;
  std::map<std::string, std::string> data;  ///< secret key -> stream of objects
};

/// "managedresource-NAME-HASH"; the hash covers the values in the order of their keys.
std::string SecretName(std::string_view managed_resource, const std::map<std::string, std::string>& data);
/// The annotation that keeps GRM's garbage collector away from the secret.
std::string ReferenceAnnotation(std::string_view secret_name);

/// The secret of `resource`, and the ManagedResource that `current` (null when absent) has to become. Pure.
Json DesiredSecret(const ManagedResource& resource, std::string_view ns);
Json DesiredManagedResource(const ManagedResource& resource, std::string_view ns, const Json& current);

/// What is left of a deleted ManagedResource.
struct Remains {
  bool gone = false;
  std::string text;               ///< "resource NS/NAME still exists", with GRM's reason
  bool deletion_pending = false;  ///< GRM says that it is at work
  bool invalid_objects = false;   ///< GRM's reason is one that only the owner can mend
};

/// Writes and removes them. Every call is idempotent, so that it can be repeated after a crash at any point.
/// Thread-safe.
class ManagedResources {
 public:
  explicit ManagedResources(kube::Client& client) : client_(client) {}

  /// Creates or updates; no write when nothing differs. StillWaiting (errors.h) while an earlier one is being
  /// deleted.
  absl::Status Apply(std::string_view ns, const ManagedResource& resource);
  /// Starts the deletion of the ManagedResource and its secrets; what does not exist is no error.
  absl::Status Delete(std::string_view ns, std::string_view name);
  /// Makes its deletion leave the applied objects where they are.
  absl::Status KeepObjects(std::string_view ns, std::string_view name);
  absl::StatusOr<Remains> Look(std::string_view ns, std::string_view name);
  /// The value of `key` in the secret that the ManagedResource refers to now; "" when there is none.
  absl::StatusOr<std::string> CurrentData(std::string_view ns, std::string_view name, const std::string& key);

 private:
  absl::Status ApplySecret(std::string_view ns, const Json& desired);
  absl::Status MarkCollectable(std::string_view ns, const std::string& secret);
  absl::Status ApplyOnce(std::string_view ns, const ManagedResource& resource, const std::string& secret);

  kube::Client& client_;
};

}  // namespace crm::gardener
