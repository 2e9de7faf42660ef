#include "kube/informer.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "fmt/format.h"
#include "kube/backoff.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::kube {
namespace {

std::string CacheKey(std::string_view ns, std::string_view name) { return fmt::format("{}/{}", ns, name); }
std::string CacheKey(const Json& object) { return CacheKey(Namespace(object), Name(object)); }

}  // namespace

class Informer::Impl {
 public:
  Impl(Client& client, Resource resource, InformerOptions options, InformerHandlers handlers)
      : client_(client),
        resource_(std::move(resource)),
        options_(std::move(options)),
        handlers_(std::move(handlers)),
        log_("kube"),
        what_(options_.ns.empty() ? resource_.plural
                                  : fmt::format("{} in namespace {}", resource_.plural, options_.ns)) {
    options_.selectors.cancellation = &cancellation_;
    options_.selectors.on_open = [this] { SetOpen(true); };
  }
  ~Impl() { Stop(); }

  void Start() {
    std::lock_guard lock(thread_mutex_);
    if (!thread_.joinable() && !cancellation_.cancelled()) thread_ = std::thread([this] { Run(); });
  }

  void Stop() {
    cancellation_.Cancel();
    std::lock_guard lock(thread_mutex_);
    if (thread_.joinable()) thread_.join();
  }

  bool HasSynced() const {
    std::lock_guard lock(mutex_);
    return synced_;
  }

  absl::Duration Staleness() const {
    std::lock_guard lock(mutex_);
    return open_ ? absl::ZeroDuration() : std::max(absl::ZeroDuration(), absl::Now() - last_heard_);
  }

  SharedObject Get(std::string_view ns, std::string_view name) const {
    std::lock_guard lock(mutex_);
    auto found = cache_.find(CacheKey(ns, name));
    return found == cache_.end() ? nullptr : found->second;
  }

  std::vector<SharedObject> List() const {
    std::lock_guard lock(mutex_);
    std::vector<SharedObject> objects;
    objects.reserve(cache_.size());
    for (const auto& [key, object] : cache_) objects.push_back(object);
    return objects;
  }

 private:
  using Cache = std::map<std::string, SharedObject>;

  void Run() {
    Backoff backoff(options_.min_backoff, options_.max_backoff);
    bool listed = false;
    while (!cancellation_.cancelled()) {
      absl::Status status;
      progress_ = false;
      if (!listed) {
        status = ListAll();
        listed = status.ok();
      }
      if (listed) {
        status = WatchOn();
        listed = Resumable(status);
      }
      if (cancellation_.cancelled()) break;
      if (progress_) backoff.Reset();
      if (!status.ok())
        log_.Warning("{}: {}; {}", what_, Message(status), listed ? "resuming" : "listing again");
      // A watch that ended in good order, or too old a version after events, is followed up at once.
      bool expired = status.code() == absl::StatusCode::kOutOfRange;
      if (progress_ && (status.ok() || expired)) continue;
      cancellation_.WaitFor(backoff.Next());
    }
  }

  // Watches from the last version on, until the watch ends or an event can not be believed.
  absl::Status WatchOn() {
    Cancellation end;
    std::shared_ptr<void> stop = cancellation_.OnCancel([&end] { end.Cancel(); });
    std::string malformed;
    absl::Status status = client_.Watch(resource_, options_.ns, options_.selectors, resource_version_, end,
                                        [&](WatchEventType type, Json object) {
                                          if (!malformed.empty()) return;
                                          malformed = Take(type, std::move(object));
                                          if (!malformed.empty()) end.Cancel();
                                        });
    SetOpen(false);
    return malformed.empty() ? status : Internal("{}", malformed);
  }

  // Whether a watch that ended so can go on from the last version: the server only could not be reached or
  // was busy.
  static bool Resumable(const absl::Status& status) {
    return status.ok() || status.code() == absl::StatusCode::kUnavailable ||
           status.code() == absl::StatusCode::kDeadlineExceeded ||
           status.code() == absl::StatusCode::kResourceExhausted ||
           status.code() == absl::StatusCode::kUnauthenticated;
  }

  absl::Status ListAll() {
    CRM_ASSIGN_OR_RETURN(Json list, client_.List(resource_, options_.ns, options_.selectors));
    std::string version(ResourceVersion(list));
    if (version.empty() || !list.contains("items") || !list["items"].is_array()) {
      return Internal("the list has no {}", version.empty() ? "resourceVersion" : "items");
    }
    Cache fresh;
    for (Json& item : list["items"]) {
      if (Name(item).empty()) {
        log_.Warning("{}: an item without a name in the list is passed over", what_);
        continue;
      }
      std::string key = CacheKey(item);
      fresh[key] = std::make_shared<const Json>(std::move(item));
    }
    Replace(std::move(fresh));
    resource_version_ = std::move(version);
    bool first = false;
    {
      std::lock_guard lock(mutex_);
      last_heard_ = absl::Now();
      first = !std::exchange(synced_, true);
    }
    if (first && handlers_.on_synced) handlers_.on_synced();
    return absl::OkStatus();
  }

  // Reports how `fresh` differs from the cache and makes it the cache, object by object.
  void Replace(Cache fresh) {
    Cache old;
    {
      std::lock_guard lock(mutex_);
      old = cache_;
    }
    for (const auto& [key, object] : old) {
      if (fresh.find(key) == fresh.end()) Remove(key, object);
    }
    for (const auto& [key, object] : fresh) Put(key, object);
  }

  // What is wrong with the event, "" nothing.
  std::string Take(WatchEventType type, Json object) {
    {
      std::lock_guard lock(mutex_);
      last_heard_ = absl::Now();
    }
    if (type != WatchEventType::kBookmark && Name(object).empty()) return "an event whose object has no name";
    progress_ = true;
    std::string version(ResourceVersion(object));
    if (type != WatchEventType::kBookmark) {
      std::string key = CacheKey(object);
      auto shared = std::make_shared<const Json>(std::move(object));
      if (type == WatchEventType::kDeleted) {
        Remove(key, shared);
      } else {
        Put(key, shared);
      }
    }
    if (!version.empty()) resource_version_ = std::move(version);
    return "";
  }

  void Put(const std::string& key, const SharedObject& object) {
    SharedObject old;
    {
      std::lock_guard lock(mutex_);
      SharedObject& place = cache_[key];
      if (place != nullptr && !ResourceVersion(*object).empty() &&
          ResourceVersion(*place) == ResourceVersion(*object) && Uid(*place) == Uid(*object)) {
        return;
      }
      old = std::exchange(place, object);
    }
    bool another = old != nullptr && Uid(*old) != Uid(*object);  // deleted and created again, unseen
    if (another && handlers_.on_delete) handlers_.on_delete(old);
    if (old == nullptr || another) {
      if (handlers_.on_add) handlers_.on_add(object);
    } else if (handlers_.on_update) {
      handlers_.on_update(old, object);
    }
  }

  void Remove(const std::string& key, const SharedObject& last) {
    {
      std::lock_guard lock(mutex_);
      if (cache_.erase(key) == 0) return;
    }
    if (handlers_.on_delete) handlers_.on_delete(last);
  }

  void SetOpen(bool open) {
    std::lock_guard lock(mutex_);
    if (open || open_) last_heard_ = absl::Now();
    open_ = open;
  }

  Client& client_;
  const Resource resource_;
  InformerOptions options_;
  const InformerHandlers handlers_;
  const Logger log_;
  const std::string what_;
  Cancellation cancellation_;

  // Of the informer's thread.
  std::string resource_version_;  // of the last list, event or bookmark
  bool progress_ = false;         // an event came since the last turn

  std::mutex thread_mutex_;
  std::thread thread_;

  mutable std::mutex mutex_;
  Cache cache_;
  bool synced_ = false;
  bool open_ = false;
  absl::Time last_heard_ = absl::InfinitePast();
};

Informer::Informer(Client& client, Resource resource, InformerOptions options, InformerHandlers handlers)
    : impl_(std::make_unique<Impl>(client, std::move(resource), std::move(options), std::move(handlers))) {}
Informer::~Informer() = default;

void Informer::Start() { impl_->Start(); }
void Informer::Stop() { impl_->Stop(); }
bool Informer::HasSynced() const { return impl_->HasSynced(); }
absl::Duration Informer::Staleness() const { return impl_->Staleness(); }
SharedObject Informer::Get(std::string_view ns, std::string_view name) const { return impl_->Get(ns, name); }
std::vector<SharedObject> Informer::List() const { return impl_->List(); }

}  // namespace crm::kube
