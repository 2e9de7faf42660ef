#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "kube/testing/api_request.h"
#include "kube/testing/object_api.h"
#include "kube/testing/object_store.h"
#include "kube/testing/resource_type.h"

namespace crm::kube::testing {

/// What tests make go wrong: the next `count` requests whose method and path prefix match are answered with
/// `code`, or with a closed connection when it is 0, or served as ever when it is -1 (to let some pass before
/// the next fault counts). Method "" is any, "WATCH" a watch, "GET" a read that is no watch.
struct Fault {
  std::string method;
  std::string path_prefix;
  int code = 500;
  int count = 1;
};

/// A small Kubernetes API server without its network: discovery, CRUD, patches, status, finalizers and
/// watches over an ObjectStore. Meant for tests and for showing the project without a cluster; it
/// authenticates and authorises nobody, checks only custom resources' schemas, runs no controllers.
/// Thread-safe.
class ApiServer {
 public:
  static absl::StatusOr<std::unique_ptr<ApiServer>> Open(StoreOptions options);

  ApiAnswer Handle(const ApiRequest& request);
  /// WatchStream's operations, under the lock.
  bool Pull(WatchStream& stream, size_t max_bytes, std::string* lines);
  bool Behind(const WatchStream& stream);

  /// Creates the CustomResourceDefinition objects that do not exist yet.
  absl::Status EnsureCrd(const Json& crd);

  /// Called after each change, without the lock, on the thread that made it.
  void OnChange(std::function<void()> callback);

  void InjectFault(Fault fault);
  void ClearFaults();
  void CompactHistory();
  int64_t revision() const;

 private:
  ApiServer() = default;
  ApiAnswer Route(const ApiRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ApiAnswer Read(const ResourcePath& path, const ParsedTarget& target, const ApiRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ApiAnswer Write(const ResourcePath& path, const ParsedTarget& target, const ApiRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ApiAnswer Remove(const ResourcePath& path, const ParsedTarget& target, const ApiRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ApiAnswer List(const ResourcePath& path, const ParsedTarget& target, View view)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ApiAnswer Watch(const ResourcePath& path, const ParsedTarget& target, View view)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<int> TakeFault(const ApiRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::unique_ptr<ObjectStore> store_ ABSL_GUARDED_BY(mutex_);
  ResourceRegistry registry_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<ObjectApi> objects_ ABSL_GUARDED_BY(mutex_);
  std::vector<Fault> faults_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const std::function<void()>> on_change_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace crm::kube::testing
