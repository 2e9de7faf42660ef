#pragma once

#include <cstdint>
#include <string>

#include "kube/testing/object_store.h"
#include "kube/testing/resource_type.h"
#include "kube/testing/selector.h"
#include "kube/testing/table.h"

namespace crm::kube::testing {

/// What a watch shows and from where on.
struct WatchSpec {
  ResourceTypePtr type;
  std::string ns;  ///< "" all
  LabelSelector labels;
  FieldSelector fields;
  View view = View::kObject;
  int64_t after = 0;              ///< changes after this revision
  bool initial_state = false;     ///< first everything that exists, as ADDED; `after` is ignored
  bool mark_initial_end = false;  ///< then a bookmark with the annotation k8s.io/initial-events-end
  bool bookmarks = false;
};

/// The cursor of one watch over the store's history: it holds no events itself, so a slow reader costs
/// nothing and is told "410 Expired" when the history moved past it. Not thread-safe.
class WatchStream {
 public:
  explicit WatchStream(WatchSpec spec) : spec_(std::move(spec)) {}

  /// Appends the events since the last call, one JSON line each, until about `max_bytes`. False when the
  /// stream ends here (the last line is then an ERROR event).
  bool Pull(const ObjectStore& store, size_t max_bytes, std::string* lines);
  /// Whether Pull has more to give right now.
  bool Behind(const ObjectStore& store) const { return !started_ || after_ < store.revision(); }
  /// Appends a bookmark of the revision reached, if the watcher asked for bookmarks.
  void Bookmark(std::string* lines) const;

 private:
  void Start(const ObjectStore& store, std::string* lines);
  bool Selects(const StoreKey& key, const ObjectPtr& object) const;
  void Append(std::string_view type, const ObjectPtr& object, std::string* lines) const;
  void AppendBookmark(bool initial_end, std::string* lines) const;

  WatchSpec spec_;
  bool started_ = false;
  int64_t after_ = 0;
};

/// `object` as a client of this version of its resource sees it.
ObjectPtr InVersion(const ResourceType& type, const ObjectPtr& object);

}  // namespace crm::kube::testing
