#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kube/client.h"

namespace crm::kube {

using SharedObject = std::shared_ptr<const Json>;

struct InformerOptions {
  std::string ns;  ///< "" all namespaces
  ListOptions selectors;
  /// Back-off after errors: doubles from min to max, with jitter.
  absl::Duration min_backoff = absl::Milliseconds(200);
  absl::Duration max_backoff = absl::Seconds(30);
};

/// What changed. Called on the informer's thread, one after another; keep it short (fill a queue).
struct InformerHandlers {
  std::function<void(const SharedObject& object)> on_add;
  std::function<void(const SharedObject& old_object, const SharedObject& object)> on_update;
  std::function<void(const SharedObject& object)> on_delete;
  /// After the first complete list was delivered, also when it was empty.
  std::function<void()> on_synced;
};

/// A local copy of a collection kept by list + watch: resumes from the last resourceVersion, lists again on
/// 410 and reports what changed in between, drops nothing. Thread-safe.
class Informer {
 public:
  Informer(Client& client, Resource resource, InformerOptions options, InformerHandlers handlers);
  ~Informer();  ///< stops
  Informer(const Informer&) = delete;
  Informer& operator=(const Informer&) = delete;

  void Start();
  void Stop();  ///< returns soon, when no handler runs any more; not to be called by a handler

  bool HasSynced() const;
  /// How long ago the server was last heard of (a list, an event or an open watch); for health checks.
  /// Infinite before the first answer. A connection whose peer is gone counts as open for a minute at most
  /// (TCP keep-alive).
  absl::Duration Staleness() const;
  SharedObject Get(std::string_view ns, std::string_view name) const;  ///< nullptr when absent
  std::vector<SharedObject> List() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm::kube
