#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kube/client.h"
#include "kube/testing/journal.h"

namespace crm::kube::testing {

using ObjectPtr = std::shared_ptr<const Json>;

/// Where an object lies. `resource` is ResourceType::StoreName(), the namespace "" for cluster-scoped
/// objects.
struct StoreKey {
  std::string resource;
  std::string ns;
  std::string name;
  auto operator<=>(const StoreKey&) const = default;
};

struct StoreOptions {
  std::string data_dir;          ///< "" keeps everything in memory
  size_t history_limit = 1000;   ///< events kept for watches
  size_t compact_after = 20000;  ///< journal records beyond the live objects before it is rewritten
};

/// One change. `object` of a deletion is the last state with the deletion's revision; `previous` is null for
/// creations.
struct StoreEvent {
  int64_t revision = 0;
  StoreKey key;
  ObjectPtr object;
  ObjectPtr previous;
  bool deleted = false;
};

/// The objects of one API server: one revision counts all changes, each change sets metadata.resourceVersion,
/// and a bounded history of changes feeds watches. With a data directory a change is durable before it is
/// visible. Objects are immutable once stored. Not thread-safe.
class ObjectStore {
 public:
  static absl::StatusOr<std::unique_ptr<ObjectStore>> Open(StoreOptions options);

  int64_t revision() const { return revision_; }
  ObjectPtr Get(const StoreKey& key) const;  ///< nullptr when absent
  /// The objects of a resource, of one namespace unless `ns` is "", by namespace and name.
  std::vector<ObjectPtr> List(std::string_view resource, std::string_view ns) const;
  /// The same as of an earlier revision; OutOfRange when the history no longer reaches back.
  absl::StatusOr<std::vector<ObjectPtr>> ListAt(std::string_view resource, std::string_view ns,
                                                int64_t revision) const;
  /// Whether any object lies in the namespace.
  bool NamespaceHasObjects(std::string_view ns) const;
  std::vector<StoreKey> KeysInNamespace(std::string_view ns) const;

  /// Stores a new state and returns it as stored.
  absl::StatusOr<ObjectPtr> Put(const StoreKey& key, Json object);
  /// Removes; `object` is the last state that watchers see.
  absl::StatusOr<ObjectPtr> Remove(const StoreKey& key, Json object);

  /// The earliest revision a watch can start from: all later changes are in the history.
  int64_t oldest_watchable() const { return oldest_watchable_; }
  /// Changes after `revision`, oldest first, until `visit` returns false. OutOfRange when some are forgotten.
  absl::Status ChangesAfter(int64_t revision, const std::function<bool(const StoreEvent&)>& visit) const;
  /// Forgets the history, as etcd's compaction does.
  void CompactHistory();

 private:
  explicit ObjectStore(StoreOptions options) : options_(std::move(options)) {}
  absl::Status Replay(std::string_view record);
  absl::Status Persist(std::string_view operation, const StoreKey& key, const Json& object, int64_t revision);
  void Apply(StoreEvent event);
  absl::Status RewriteJournal();

  StoreOptions options_;
  std::unique_ptr<Journal> journal_;
  std::map<StoreKey, ObjectPtr> objects_;
  std::deque<StoreEvent> history_;
  int64_t revision_ = 1;
  int64_t oldest_watchable_ = 1;
};

}  // namespace crm::kube::testing
