#include "gardener/controller.h"

#include <algorithm>
#include <exception>

#include "absl/random/random.h"
#include "base/log.h"
#include "base/status.h"
#include "fmt/format.h"
#include "gardener/errors.h"
#include "gardener/names.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::gardener {
namespace {

const Logger& Log() {
  static const Logger* const logger = new Logger("cri-resmgr-controller");
  return *logger;
}

Json DataOf(const Json& config_map) {
  const Json* data = kube::Find(config_map, {"data"});
  return data == nullptr ? Json() : *data;
}

}  // namespace

Controller::Controller(kube::Client& client, Reconciler& reconciler, Options options)
    : options_(std::move(options)), reconciler_(reconciler) {
  kube::InformerHandlers on_extension;
  on_extension.on_add = [this](const kube::SharedObject& object) {
    if (HasOurType(*object) && HasClass(*object, options_.classes) &&
        TriggersOnCreate(*object, options_.mode)) {
      queue_.Add(kube::ObjectKey(*object));
    }
  };
  on_extension.on_update = [this](const kube::SharedObject& old_object, const kube::SharedObject& object) {
    if (HasOurType(*object) && HasClass(*object, options_.classes) &&
        TriggersOnUpdate(*old_object, *object, options_.mode)) {
      queue_.Add(kube::ObjectKey(*object));
    }
  };
  // Only once the Extensions are known can a change be handed on to all of them.
  on_extension.on_synced = [this] {
    if (config_maps_ != nullptr) config_maps_->Start();
    if (clusters_ != nullptr) clusters_->Start();
  };
  extensions_ = std::make_unique<kube::Informer>(client, kube::resources::kExtensions,
                                                 kube::InformerOptions(), on_extension);

  if (!options_.config_map_namespace.empty()) {
    kube::InformerOptions selected;
    selected.ns = options_.config_map_namespace;
    selected.selectors.field_selector = fmt::format("metadata.name={}", kBaseConfigMap);
    kube::InformerHandlers on_config_map;
    // Also the one that exists at start: it may have changed while no controller ran.
    on_config_map.on_add = [this](const kube::SharedObject& object) {
      if (IsBaseConfigMap(*object, options_.config_map_namespace)) FanOut("found");
    };
    on_config_map.on_update = [this](const kube::SharedObject& old_object, const kube::SharedObject& object) {
      if (IsBaseConfigMap(*object, options_.config_map_namespace) && DataOf(*old_object) != DataOf(*object)) {
        FanOut("changed");
      }
    };
    on_config_map.on_delete = [this](const kube::SharedObject& object) {
      if (IsBaseConfigMap(*object, options_.config_map_namespace)) FanOut("deleted");
    };
    config_maps_ = std::make_unique<kube::Informer>(client, kube::resources::kConfigMaps, selected,
                                                    std::move(on_config_map));
  }

  if (options_.mode == Mode::kGeneration) {
    kube::InformerHandlers on_cluster;
    on_cluster.on_update = [this](const kube::SharedObject& old_object, const kube::SharedObject& object) {
      if (ClusterChangeMatters(*old_object, *object)) EnqueueOfCluster(*object);
    };
    clusters_ = std::make_unique<kube::Informer>(client, kube::resources::kClusters, kube::InformerOptions(),
                                                 std::move(on_cluster));
  }
}

Controller::~Controller() { Stop(); }

void Controller::Start() {
  extensions_->Start();
  for (int i = 0; i < options_.workers; ++i) workers_.emplace_back([this] { Work(); });
}

void Controller::Stop() {
  extensions_->Stop();  // first, because it starts the others
  if (config_maps_ != nullptr) config_maps_->Stop();
  if (clusters_ != nullptr) clusters_->Stop();
  queue_.ShutDown();
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
}

bool Controller::HasSynced() const {
  return extensions_->HasSynced() && (config_maps_ == nullptr || config_maps_->HasSynced()) &&
         (clusters_ == nullptr || clusters_->HasSynced());
}

absl::Duration Controller::Staleness() const {
  absl::Duration longest = extensions_->Staleness();
  if (config_maps_ != nullptr) longest = std::max(longest, config_maps_->Staleness());
  if (clusters_ != nullptr) longest = std::max(longest, clusters_->Staleness());
  return longest;
}

void Controller::FanOut(const std::string& why) {
  absl::BitGen random;
  int count = 0;
  for (const kube::SharedObject& extension : extensions_->List()) {
    if (!TakesBaseConfigChange(*extension, options_.classes)) continue;
    // Spread, so that one change does not hit all shoots' API servers in one second.
    const absl::Duration jitter = options_.fan_out_interval * absl::Uniform(random, 0.0, 0.5);
    queue_.AddAfter(kube::ObjectKey(*extension),
                    count == 0 ? absl::ZeroDuration() : count * options_.fan_out_interval + jitter);
    ++count;
  }
  Log().Info("base configurations {}/{} {}: {} extensions follow", options_.config_map_namespace,
             kBaseConfigMap, why, count);
}

void Controller::EnqueueOfCluster(const Json& cluster) {
  if (ShootFailed(&cluster)) return;
  for (const kube::SharedObject& extension : extensions_->List()) {
    if (kube::Namespace(*extension) == kube::Name(cluster) && HasOurType(*extension) &&
        HasClass(*extension, options_.classes)) {
      queue_.Add(kube::ObjectKey(*extension));
    }
  }
}

void Controller::Work() {
  while (const std::optional<std::string> key = queue_.Get()) {
    const kube::KeyParts parts = kube::SplitKey(*key);
    Reconciler::Result result;
    try {
      result = reconciler_.Reconcile(parts.ns, parts.name);
    } catch (const std::exception& error) {
      result.status = Internal("unexpected: {}", error.what());
    }
    if (!result.status.ok()) {
      Log().Log(LogLevel::kError, "reconcile failed",
                {{"extension", *key}, {"error", std::string(Message(result.status))}});
    }
    if (!result.status.ok() && result.again_after <= absl::ZeroDuration()) {
      queue_.AddRateLimited(*key);
    } else {
      queue_.Forget(*key);
      if (result.again_after > absl::ZeroDuration()) queue_.AddAfter(*key, result.again_after);
    }
    queue_.Done(*key);
  }
}

}  // namespace crm::gardener
