#include "kube/testing/object_store.h"

#include "base/status.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

std::string Record(std::string_view operation, const StoreKey& key, const Json& object, int64_t revision) {
  const Json record = {{"op", std::string(operation)},
                       {"rv", revision},
                       {"resource", key.resource},
                       {"ns", key.ns},
                       {"name", key.name},
                       {"object", object}};
  return record.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ObjectStore>> ObjectStore::Open(StoreOptions options) {
  std::unique_ptr<ObjectStore> store(new ObjectStore(std::move(options)));
  if (store->options_.data_dir.empty()) return store;
  CRM_ASSIGN_OR_RETURN(store->journal_,
                       Journal::Open(store->options_.data_dir,
                                     [&store](std::string_view record) { return store->Replay(record); }));
  if (store->journal_->records() > store->objects_.size() + store->options_.history_limit) {
    CRM_RETURN_IF_ERROR(store->RewriteJournal());
  }
  return store;
}

absl::Status ObjectStore::Replay(std::string_view text) {
  const Json record = Json::parse(text, nullptr, false);
  const std::string_view operation = FindString(record, {"op"});
  const Json* object = Find(record, {"object"});
  const int64_t revision = FindInt(record, {"rv"});
  if (object == nullptr || revision <= 0) return absl::DataLossError("record without object or revision");
  const StoreKey key{std::string(FindString(record, {"resource"})), std::string(FindString(record, {"ns"})),
                     std::string(FindString(record, {"name"}))};
  if (operation == "base") {  // first line of a rewritten journal: what came before is not in it
    revision_ = oldest_watchable_ = revision;
  } else if (operation == "keep") {
    objects_[key] = std::make_shared<const Json>(*object);
  } else if (operation == "put" || operation == "delete") {
    Apply({revision, key, std::make_shared<const Json>(*object), Get(key), operation == "delete"});
  } else {
    return absl::DataLossError("record with an unknown operation");
  }
  return absl::OkStatus();
}

ObjectPtr ObjectStore::Get(const StoreKey& key) const {
  auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : found->second;
}

std::vector<ObjectPtr> ObjectStore::List(std::string_view resource, std::string_view ns) const {
  std::vector<ObjectPtr> result;
  for (auto it = objects_.lower_bound({std::string(resource), std::string(ns), ""}); it != objects_.end();
       ++it) {
    if (it->first.resource != resource || (!ns.empty() && it->first.ns != ns)) break;
    result.push_back(it->second);
  }
  return result;
}

absl::StatusOr<std::vector<ObjectPtr>> ObjectStore::ListAt(std::string_view resource, std::string_view ns,
                                                           int64_t revision) const {
  if (revision < oldest_watchable_) return absl::OutOfRangeError("the history no longer reaches back");
  std::map<StoreKey, ObjectPtr> then;
  for (auto it = objects_.lower_bound({std::string(resource), "", ""}); it != objects_.end(); ++it) {
    if (it->first.resource != resource) break;
    then.insert(*it);
  }
  for (auto it = history_.rbegin(); it != history_.rend() && it->revision > revision; ++it) {
    if (it->key.resource != resource) continue;
    if (it->previous == nullptr) {
      then.erase(it->key);
    } else {
      then[it->key] = it->previous;
    }
  }
  std::vector<ObjectPtr> result;
  for (const auto& [key, object] : then) {
    if (ns.empty() || key.ns == ns) result.push_back(object);
  }
  return result;
}

bool ObjectStore::NamespaceHasObjects(std::string_view ns) const { return !KeysInNamespace(ns).empty(); }

std::vector<StoreKey> ObjectStore::KeysInNamespace(std::string_view ns) const {
  std::vector<StoreKey> keys;
  for (const auto& [key, object] : objects_) {
    if (key.ns == ns) keys.push_back(key);
  }
  return keys;
}

absl::StatusOr<ObjectPtr> ObjectStore::Put(const StoreKey& key, Json object) {
  const int64_t revision = revision_ + 1;
  object["metadata"]["resourceVersion"] = std::to_string(revision);
  CRM_RETURN_IF_ERROR(Persist("put", key, object, revision));
  auto stored = std::make_shared<const Json>(std::move(object));
  Apply({revision, key, stored, Get(key), false});
  return stored;
}

absl::StatusOr<ObjectPtr> ObjectStore::Remove(const StoreKey& key, Json object) {
  const int64_t revision = revision_ + 1;
  object["metadata"]["resourceVersion"] = std::to_string(revision);
  CRM_RETURN_IF_ERROR(Persist("delete", key, object, revision));
  auto last = std::make_shared<const Json>(std::move(object));
  Apply({revision, key, last, Get(key), true});
  return last;
}

absl::Status ObjectStore::Persist(std::string_view operation, const StoreKey& key, const Json& object,
                                  int64_t revision) {
  if (journal_ == nullptr) return absl::OkStatus();
  if (journal_->records() > objects_.size() + options_.compact_after) CRM_RETURN_IF_ERROR(RewriteJournal());
  return journal_->Append(Record(operation, key, object, revision));
}

void ObjectStore::Apply(StoreEvent event) {
  revision_ = event.revision;
  if (event.deleted) {
    objects_.erase(event.key);
  } else {
    objects_[event.key] = event.object;
  }
  history_.push_back(std::move(event));
  while (history_.size() > options_.history_limit) {
    oldest_watchable_ = history_.front().revision;
    history_.pop_front();
  }
}

absl::Status ObjectStore::RewriteJournal() {
  std::vector<std::string> records = {Record("base", {}, Json::object(), revision_)};
  for (const auto& [key, object] : objects_) records.push_back(Record("keep", key, *object, revision_));
  return journal_->Rewrite(records);
}

absl::Status ObjectStore::ChangesAfter(int64_t revision,
                                       const std::function<bool(const StoreEvent&)>& visit) const {
  if (revision < oldest_watchable_) {
    return absl::OutOfRangeError("too old resource version: " + std::to_string(revision) + " (" +
                                 std::to_string(oldest_watchable_) + ")");
  }
  // Revisions have no gaps, so the first later change is found by its distance from the newest.
  const auto later = static_cast<size_t>(std::max<int64_t>(0, revision_ - revision));
  for (size_t i = history_.size() - std::min(later, history_.size()); i < history_.size(); ++i) {
    if (!visit(history_[i])) break;
  }
  return absl::OkStatus();
}

void ObjectStore::CompactHistory() {
  history_.clear();
  oldest_watchable_ = revision_;
}

}  // namespace crm::kube::testing
