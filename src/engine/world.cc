#include "engine/world.h"

#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace crm::engine {
namespace {

const Logger& Log() {
  static const auto* logger = new Logger("resource-manager");
  return *logger;
}

bool IsAlive(const state::ContainerRecord& record) {
  return record.container.state != model::ContainerState::kExited;
}

}  // namespace

std::string World::CacheId(const model::Pod& pod, const std::string& container) {
  return fmt::format("{}:{}", pod.uid.empty() ? pod.id : pod.uid, container);
}

World::World(WorldOptions options) : options_(std::move(options)), forced_text_(options_.forced_config) {}

World::~World() = default;

std::vector<placement::Request> World::Alive() const {
  std::vector<placement::Request> alive;
  for (const auto& [cache_id, record] : state_.containers) {
    const auto pod = state_.pods.find(record.container.pod_id);
    if (pod != state_.pods.end() && IsAlive(record)) alive.push_back({pod->second, record.container});
  }
  return alive;
}

state::ContainerRecord* World::FindById(const std::string& id) {
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) return nullptr;
  const auto record = state_.containers.find(it->second);
  return record == state_.containers.end() ? nullptr : &record->second;
}

void World::PodCreated(model::Pod pod) {
  // The kubelet made a new sandbox for a pod: what the old one's containers held is free.
  std::vector<std::string> old;
  for (const auto& [id, known] : state_.pods) {
    if (!pod.uid.empty() && known.uid == pod.uid && id != pod.id) old.push_back(id);
  }
  for (const std::string& id : old) PodStopped(id, /*removed=*/true);
  const std::string id = pod.id;
  Touch(id);
  state_.pods[id] = std::move(pod);
  SaveLater();
}

void World::PodStopped(const std::string& pod_id, bool removed) {
  if (!state_.pods.contains(pod_id)) return;
  std::vector<std::string> containers;
  for (const auto& [cache_id, record] : state_.containers) {
    if (record.container.pod_id == pod_id) containers.push_back(cache_id);
  }
  for (const std::string& cache_id : containers) ReleaseContainer(cache_id, removed);
  if (removed) {
    state_.pods.erase(pod_id);
    Bury(pod_id);
  }
  Commit();
}

// Gives back what a container holds; `forget` drops the container itself too. The caller commits.
void World::ReleaseContainer(const std::string& cache_id, bool forget) {
  const auto it = state_.containers.find(cache_id);
  if (it == state_.containers.end()) return;
  Touch(cache_id);
  Record(policy_->Release(cache_id));
  options_.updates->Forget(it->second.container.id);
  told_.erase(cache_id);
  due_.erase(cache_id);
  uncertain_since_.erase(cache_id);
  it->second.container.state = model::ContainerState::kExited;
  it->second.uncertain = false;
  it->second.assignment = {};
  it->second.reason = {};
  if (forget) {
    if (!it->second.container.id.empty()) Bury(it->second.container.id);
    by_id_.erase(it->second.container.id);
    resizing_.erase(cache_id);
    touched_.erase(cache_id);
    state_.containers.erase(it);
  }
}

// What found no room before (after a change of the configuration, or found running) gets another chance.
void World::PlaceTheUnplaced() {
  for (const placement::Request& request : Alive()) {
    const std::string& cache_id = request.container.cache_id;
    if (request.container.id.empty() || policy_->Lookup(cache_id)) continue;
    const absl::StatusOr<std::vector<placement::Change>> changes = policy_->Allocate(request);
    if (!changes.ok()) continue;
    Log().Info("{}: there is room for it now", model::PrettyName(request.pod, request.container));
    Record(*changes);
  }
}

absl::StatusOr<placement::Assignment> World::Place(const model::Pod& pod, model::Container container) {
  const auto [known, inserted] = state_.pods.try_emplace(container.pod_id, pod);
  if (inserted) Log().Warning("pod {} was not known; taken from the container's request", pod.name);
  const model::Pod& owner = known->second;
  container.cache_id = CacheId(owner, container.name);
  container.ns = owner.ns;
  if (absl::Status status = SetEffective(owner, &container); !status.ok()) {
    return Annotate(status,
                    fmt::format("resource-manager: CreateContainer: failed to insert new container to "
                                "cache: {}",
                                model::PrettyName(owner, container)));
  }
  const std::string cache_id = container.cache_id;
  const std::string pretty = model::PrettyName(owner, container);
  if (state_.containers.contains(cache_id)) {
    // A restart of the container under a new id. Removing the old id later must not touch the new one.
    ReleaseContainer(cache_id, /*forget=*/true);
  }
  Touch(container.pod_id);
  Touch(cache_id);
  state::ContainerRecord& record = state_.containers[cache_id];
  record.container = std::move(container);
  absl::StatusOr<std::vector<placement::Change>> changes = policy_->Allocate({owner, record.container});
  if (!changes.ok()) {
    state_.containers.erase(cache_id);
    Commit();
    Log().Error("{}: {}", pretty, Message(changes.status()));
    return Annotate(changes.status(), fmt::format("failed to allocate container resources: {}", pretty));
  }
  Record(*changes);
  if (absl::Status status = Save(); !status.ok()) {
    // Nobody was told yet: undo, so that a crash now and our memory agree.
    Record(policy_->Release(cache_id));
    state_.containers.erase(cache_id);
    Tell();
    Log().Error("{}: {}", pretty, Message(status));
    return Annotate(status, pretty);
  }
  told_[cache_id] = record.assignment;
  Tell();
  Log().Info("{}:{} ({})", pretty, Describe(record.assignment), record.reason.text);
  return record.assignment;
}

void World::Created(const std::string& cache_id, const std::string& id) {
  const auto it = state_.containers.find(cache_id);
  if (it == state_.containers.end()) {
    // Its pod went while it was being created.
    Log().Warning("container {} ({}) was created and is not known any more", id, cache_id);
    out_of_step_ = true;
    return;
  }
  Touch(cache_id);
  it->second.container.id = id;
  it->second.container.state = model::ContainerState::kCreated;
  it->second.uncertain = false;
  uncertain_since_.erase(cache_id);
  by_id_[id] = cache_id;
  SaveLater();
  // Decided anew between the request and the runtime's answer (another container came or went).
  due_.insert(cache_id);
  Tell();
}

void World::CreationFailed(const std::string& cache_id, bool uncertain) {
  const auto it = state_.containers.find(cache_id);
  if (it == state_.containers.end()) return;
  Touch(cache_id);
  if (uncertain) {
    it->second.uncertain = true;
    uncertain_since_[cache_id] = options_.clock->Monotonic();
  } else {
    ReleaseContainer(cache_id, /*forget=*/true);
  }
  Commit();
}

void World::Started(const std::string& id) {
  state::ContainerRecord* record = FindById(id);
  if (record == nullptr) return;
  Touch(record->container.cache_id);
  record->container.state = model::ContainerState::kRunning;
  SaveLater();
}

void World::Stopped(const std::string& id, bool removed) {
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) {
    if (removed) Bury(id);
    return;
  }
  ReleaseContainer(std::string(it->second), removed);
  Commit();
}

bool World::HasUncertain() const {
  for (const auto& [cache_id, record] : state_.containers) {
    if (record.uncertain) return true;
  }
  return false;
}

}  // namespace crm::engine
