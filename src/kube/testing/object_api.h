#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "kube/testing/api_error.h"
#include "kube/testing/object_store.h"
#include "kube/testing/resource_type.h"

namespace crm::kube::testing {

enum class PatchKind { kMerge, kJson, kStrategic, kApply };

/// Which object a request means.
struct Target {
  ResourceTypePtr type;
  std::string ns;
  std::string name;
  std::string subresource;  ///< "" or "status"

  StoreKey Key() const { return {type->StoreName(), type->namespaced ? ns : "", name}; }
};

struct Preconditions {
  std::string uid;
  std::string resource_version;
};

struct WriteOptions {
  bool dry_run = false;
  bool strict = false;  ///< fieldValidation=Strict
};

/// What a write did. `created` tells 201 from 200; `removed` that the object is gone.
struct Written {
  ObjectPtr object;
  bool created = false;
  bool removed = false;
};

/// The verbs on objects with the semantics of a kube-apiserver: optimistic locking, generations, the status
/// subresource, finalizers, namespaces that end with their contents, CustomResourceDefinitions that add
/// resources. No garbage collector runs: every propagation policy deletes the one object. Not thread-safe.
class ObjectApi {
 public:
  ObjectApi(ObjectStore& store, ResourceRegistry& registry) : store_(store), registry_(registry) {}

  /// After the store was opened: the namespaces every cluster has, the resources of stored CRDs, and
  /// deletions that a crash cut short.
  absl::Status Start();

  ApiResult<ObjectPtr> Get(const Target& target) const;
  ApiResult<Written> Create(const Target& target, Json object, const WriteOptions& options);
  ApiResult<Written> Update(const Target& target, Json object, const WriteOptions& options);
  ApiResult<Written> Patch(const Target& target, PatchKind kind, const Json& patch,
                           const WriteOptions& options);
  ApiResult<Written> Delete(const Target& target, const Preconditions& preconditions, bool dry_run);

 private:
  std::optional<ApiError> CheckNamespace(const Target& target) const;
  ApiResult<Written> Change(const Target& target, const ObjectPtr& old, Json next,
                            const WriteOptions& options);
  ApiResult<Written> Store(const Target& target, const ObjectPtr& old, Json next, bool dry_run);
  ApiResult<Written> RemoveNow(const Target& target, Json last, bool dry_run);
  std::optional<ApiError> AcceptCrd(Json& crd);
  /// Deletes what a namespace or CRD holds.
  void EmptyContainer(const Target& target);
  /// Removes the namespaces and CRDs that only waited for the object just removed.
  void FinishContainers();
  std::vector<StoreKey> Contents(const Target& target) const;
  Target TargetOf(const StoreKey& key) const;

  ObjectStore& store_;
  ResourceRegistry& registry_;
};

}  // namespace crm::kube::testing
