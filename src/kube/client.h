#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kube/config.h"
#include "nlohmann/json_fwd.hpp"

namespace crm::kube {

using Json = nlohmann::json;

/// One collection of the API: "/apis/GROUP/VERSION/[namespaces/NS/]PLURAL" (core group: "" and "/api/v1").
struct Resource {
  std::string group;
  std::string version;
  std::string plural;
  bool namespaced = true;

  /// The URL path of the collection or, with a name, of one object.
  std::string Path(std::string_view ns, std::string_view name = "", std::string_view subresource = "") const;
};

class Cancellation;

struct ListOptions {
  std::string label_selector;
  std::string field_selector;
  int limit = 500;                       ///< page size; List fetches all pages
  Cancellation* cancellation = nullptr;  ///< ends List early from another thread; Watch has its own
  std::function<void()> on_open;         ///< Watch only: the server has accepted the watch
};

enum class PatchType { kMerge, kJson, kApply };

struct PatchOptions {
  std::string subresource;    ///< "status" or ""
  std::string field_manager;  ///< for kApply
  bool force = false;         ///< for kApply
  bool dry_run = false;
};

struct DeleteOptions {
  std::string uid;               ///< precondition, "" none
  std::string resource_version;  ///< precondition, "" none
  std::string propagation;       ///< "Foreground", "Background", "Orphan", "" the server's default
};

enum class WatchEventType { kAdded, kModified, kDeleted, kBookmark };

/// A way to end a blocking call from another thread: the call returns kCancelled soon after Cancel().
class Cancellation {
 public:
  Cancellation();
  ~Cancellation();
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  void Cancel();  ///< any thread; more than once is fine
  bool cancelled() const;
  /// Waits up to `timeout` or until cancelled; true when cancelled.
  bool WaitFor(absl::Duration timeout) const;
  /// Calls `callback` once, on Cancel(), or at once when already cancelled. The returned handle unregisters
  /// it: when the last copy is gone, no callback runs any more. Callbacks must be short and must not wait for
  /// another thread.
  std::shared_ptr<void> OnCancel(std::function<void()> callback);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// How the calls of a view of a client end; see Client::With.
struct CallPolicy {
  absl::Duration timeout = absl::InfiniteDuration();  ///< of each call; the client's own when that is shorter
  Cancellation* cancellation = nullptr;               ///< ends what is under way; outlives the view
};

/// A client of one Kubernetes API server. Thread-safe; calls block (connections are pooled and kept alive;
/// each call has the configuration's timeout). HTTP errors become statuses whose message is the server's: 400
/// and 422 kInvalidArgument, 401 kUnauthenticated, 403 kPermissionDenied, 404 kNotFound, 409 kAlreadyExists
/// (reason AlreadyExists) or kAborted (reason Conflict), 410 (and a resourceVersion the server has not
/// reached) kOutOfRange, 429 kResourceExhausted, 5xx and connection failures kUnavailable, a timeout
/// kDeadlineExceeded.
class Client {
 public:
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientConfig config);
  virtual ~Client() = default;

  virtual absl::StatusOr<Json> Get(const Resource& resource, std::string_view ns, std::string_view name) = 0;
  /// The whole list (all pages) as one object with `items` and the `metadata.resourceVersion` of the first
  /// page.
  virtual absl::StatusOr<Json> List(const Resource& resource, std::string_view ns,
                                    const ListOptions& options) = 0;
  virtual absl::StatusOr<Json> Create(const Resource& resource, std::string_view ns, const Json& object) = 0;
  virtual absl::StatusOr<Json> Update(const Resource& resource, std::string_view ns, std::string_view name,
                                      const Json& object) = 0;
  virtual absl::StatusOr<Json> Patch(const Resource& resource, std::string_view ns, std::string_view name,
                                     PatchType type, const Json& patch, const PatchOptions& options) = 0;
  virtual absl::Status Delete(const Resource& resource, std::string_view ns, std::string_view name,
                              const DeleteOptions& options) = 0;

  /// Streams events from `resource_version` on until the server ends the stream (OK), an error (410:
  /// kOutOfRange, also when it comes as an ERROR event) or cancellation. `on_event` runs on the calling
  /// thread.
  virtual absl::Status Watch(const Resource& resource, std::string_view ns, const ListOptions& options,
                             const std::string& resource_version, Cancellation& cancellation,
                             const std::function<void(WatchEventType, Json object)>& on_event) = 0;

  /// A raw request, for discovery and health: method, path with query, body ("" none). The body of a 2xx
  /// answer.
  virtual absl::StatusOr<std::string> Raw(std::string_view method, std::string_view path,
                                          std::string_view body) = 0;

  /// The same server, over the same connections, with other limits on each call. The client outlives the
  /// view. By default (of fakes in tests) the limits are without effect.
  virtual std::unique_ptr<Client> With(const CallPolicy& policy);
};

}  // namespace crm::kube
