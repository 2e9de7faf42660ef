#include "kube/testing/standin.h"

#include <algorithm>
#include <map>
#include <thread>

#include "absl/time/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "kube/informer.h"
#include "kube/objects.h"
#include "kube/testing/standin_reconciler.h"
#include "kube/work_queue.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

class ResourceManagerStandin::Impl {
 public:
  Impl(Client& source, Client& target, StandinOptions options)
      : options_(std::move(options)),
        reconciler_(source, target, options_.cluster_id),
        managed_(source, resources::kManagedResources, {}, ManagedHandlers()),
        secrets_(source, resources::kSecrets, {}, SecretHandlers()) {}

  void Start() {
    managed_.Start();
    secrets_.Start();
    worker_ = std::thread([this] { Work(); });
  }

  void Stop() {
    queue_.ShutDown();
    if (worker_.joinable()) worker_.join();
    secrets_.Stop();
    managed_.Stop();
  }

 private:
  InformerHandlers ManagedHandlers() {
    InformerHandlers handlers;
    handlers.on_add = [this](const SharedObject& object) { queue_.Add(ObjectKey(*object)); };
    handlers.on_update = [this](const SharedObject&, const SharedObject& object) {
      queue_.Add(ObjectKey(*object));
    };
    return handlers;
  }

  InformerHandlers SecretHandlers() {
    InformerHandlers handlers;
    handlers.on_add = [this](const SharedObject& secret) { QueueUsersOf(*secret); };
    handlers.on_update = [this](const SharedObject&, const SharedObject& secret) { QueueUsersOf(*secret); };
    handlers.on_delete = [this](const SharedObject& secret) { QueueUsersOf(*secret); };
    return handlers;
  }

  void QueueUsersOf(const Json& secret) {
    for (const SharedObject& managed : managed_.List()) {
      if (Namespace(*managed) != Namespace(secret)) continue;
      const Json* references = Find(*managed, {"spec", "secretRefs"});
      if (references == nullptr || !references->is_array()) continue;
      for (const Json& reference : *references) {
        if (FindString(reference, {"name"}) == Name(secret)) queue_.Add(ObjectKey(*managed));
      }
    }
  }

  void Work() {
    while (const std::optional<std::string> key = queue_.Get()) {
      const KeyParts parts = SplitKey(*key);
      const absl::StatusOr<absl::Duration> again = reconciler_.Reconcile(parts.ns, parts.name);
      if (!again.ok()) {
        // A conflict only means that the object changed meanwhile; its event is on the way.
        if (!absl::IsAborted(again.status())) log_.Warning("{}: {}", *key, Message(again.status()));
        queue_.AddRateLimited(*key);
      } else {
        queue_.Forget(*key);
      }
      LookAgain(*key, again.ok() ? std::min(*again, options_.sync_period) : options_.sync_period);
      queue_.Done(*key);
    }
  }

  /// One timer a key is enough: a later one than that which runs already is not started.
  void LookAgain(const std::string& key, absl::Duration delay) {
    const KeyParts parts = SplitKey(key);
    if (managed_.Get(parts.ns, parts.name) == nullptr) {
      due_.erase(key);
      return;
    }
    const absl::Time now = absl::Now();
    absl::Time& due = due_[key];
    if (due > now && due <= now + delay) return;
    due = now + delay;
    queue_.AddAfter(key, delay);
  }

  const StandinOptions options_;
  std::map<std::string, absl::Time> due_;  // the worker's
  StandinReconciler reconciler_;
  WorkQueue queue_;
  Logger log_{"resource-manager-standin"};
  Informer managed_;
  Informer secrets_;
  std::thread worker_;
};

ResourceManagerStandin::ResourceManagerStandin(Client& source, Client& target, StandinOptions options)
    : impl_(std::make_unique<Impl>(source, target, std::move(options))) {}
ResourceManagerStandin::~ResourceManagerStandin() { Stop(); }
void ResourceManagerStandin::Start() { impl_->Start(); }
void ResourceManagerStandin::Stop() { impl_->Stop(); }

}  // namespace crm::kube::testing
