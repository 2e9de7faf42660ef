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

std::string CacheId(const model::Pod& pod, const std::string& container) {
  return fmt::format("{}:{}", pod.uid.empty() ? pod.id : pod.uid, container);
}

std::string Describe(const placement::Assignment& assignment) {
  std::string text;
  if (assignment.cpus) text += " cpus " + assignment.cpus->ToString();
  if (assignment.memory_nodes) text += " mems " + assignment.memory_nodes->ToListString();
  if (assignment.cpu_shares) text += fmt::format(" shares {}", *assignment.cpu_shares);
  return text.empty() ? " unpinned" : text;
}

}  // namespace

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

void World::Record(const std::vector<placement::Change>& changes, std::set<std::string>* changed) {
  for (const placement::Change& change : changes) {
    const auto it = state_.containers.find(change.cache_id);
    if (it == state_.containers.end()) continue;
    it->second.assignment = change.assignment;
    it->second.reason = change.reason;
    if (changed != nullptr) changed->insert(change.cache_id);
  }
}

// Sends what differs from what the runtime was last told. A field that is no longer decided goes back to
// everything: the runtime has no way to say "unset".
void World::Send(const std::set<std::string>& cache_ids, const std::string& except) {
  for (const std::string& cache_id : cache_ids) {
    const auto it = state_.containers.find(cache_id);
    if (it == state_.containers.end() || cache_id == except) continue;
    const state::ContainerRecord& record = it->second;
    if (record.container.id.empty() || !IsAlive(record)) continue;
    placement::Assignment& told = told_[cache_id];
    const placement::Assignment& wanted = record.assignment;
    enforce::ResourceUpdate update;
    if (wanted.cpus != told.cpus) update.cpus = wanted.cpus.value_or(options_.machine.online);
    if (wanted.memory_nodes != told.memory_nodes) {
      CpuSet all;
      for (const hardware::Node& node : options_.machine.nodes) all.Add(node.id);
      update.memory_nodes = wanted.memory_nodes.value_or(all);
    }
    if (wanted.cpu_shares != told.cpu_shares) {
      update.cpu_shares = wanted.cpu_shares ? wanted.cpu_shares : record.container.asked.cpu_shares;
    }
    if (!update.cpus && !update.memory_nodes && !update.cpu_shares) continue;
    Log().Info("{}: now{} ({})", cache_id, Describe(wanted), record.reason.text);
    told = wanted;
    options_.updates->Update(record.container.id, update);
  }
}

absl::Status World::Save() {
  state_.policy = policy_->name();
  state_.grants = policy_->Save();
  return options_.store->Save(state_);
}

void World::SaveOrLog() {
  if (absl::Status status = Save(); !status.ok()) {
    Log().Error("{}; it is written again with the next change", Message(status));
  }
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
  state_.pods[id] = std::move(pod);
  SaveOrLog();
}

void World::PodStopped(const std::string& pod_id, bool removed) {
  if (!state_.pods.contains(pod_id)) return;
  std::vector<std::string> containers;
  for (const auto& [cache_id, record] : state_.containers) {
    if (record.container.pod_id == pod_id) containers.push_back(cache_id);
  }
  for (const std::string& cache_id : containers) ReleaseContainer(cache_id, removed);
  if (removed) state_.pods.erase(pod_id);
  SaveOrLog();
}

// Gives back what a container holds; `forget` drops the container itself too. The caller saves.
void World::ReleaseContainer(const std::string& cache_id, bool forget) {
  const auto it = state_.containers.find(cache_id);
  if (it == state_.containers.end()) return;
  std::set<std::string> changed;
  Record(policy_->Release(cache_id), &changed);
  options_.updates->Forget(it->second.container.id);
  told_.erase(cache_id);
  it->second.container.state = model::ContainerState::kExited;
  it->second.assignment = {};
  it->second.reason = {};
  if (forget) {
    by_id_.erase(it->second.container.id);
    state_.containers.erase(it);
  }
  Send(changed);
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
  state::ContainerRecord& record = state_.containers[cache_id];
  record.container = std::move(container);
  absl::StatusOr<std::vector<placement::Change>> changes = policy_->Allocate({owner, record.container});
  if (!changes.ok()) {
    state_.containers.erase(cache_id);
    SaveOrLog();
    Log().Error("{}: {}", pretty, Message(changes.status()));
    return Annotate(changes.status(), fmt::format("failed to allocate container resources: {}", pretty));
  }
  std::set<std::string> changed;
  Record(*changes, &changed);
  if (absl::Status status = Save(); !status.ok()) {
    // Nobody was told yet: undo, so that a crash now and our memory agree.
    Record(policy_->Release(cache_id), nullptr);
    state_.containers.erase(cache_id);
    Log().Error("{}: {}", pretty, Message(status));
    return Annotate(status, pretty);
  }
  Send(changed, cache_id);
  told_[cache_id] = record.assignment;
  Log().Info("{}:{} ({})", pretty, Describe(record.assignment), record.reason.text);
  return record.assignment;
}

void World::Created(const std::string& cache_id, const std::string& id) {
  const auto it = state_.containers.find(cache_id);
  if (it == state_.containers.end()) return;
  it->second.container.id = id;
  it->second.container.state = model::ContainerState::kCreated;
  it->second.uncertain = false;
  by_id_[id] = cache_id;
  SaveOrLog();
  // Decided anew between the request and the runtime's answer (another container came or went).
  Send({cache_id});
}

void World::CreationFailed(const std::string& cache_id, bool uncertain) {
  const auto it = state_.containers.find(cache_id);
  if (it == state_.containers.end()) return;
  if (uncertain) {
    it->second.uncertain = true;
  } else {
    ReleaseContainer(cache_id, /*forget=*/true);
  }
  SaveOrLog();
}

void World::Started(const std::string& id) {
  state::ContainerRecord* record = FindById(id);
  if (record == nullptr) return;
  record->container.state = model::ContainerState::kRunning;
  SaveOrLog();
}

void World::Stopped(const std::string& id, bool removed) {
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) return;
  ReleaseContainer(std::string(it->second), removed);
  SaveOrLog();
}

bool World::HasUncertain() const {
  for (const auto& [cache_id, record] : state_.containers) {
    if (record.uncertain) return true;
  }
  return false;
}

void World::Listed(const std::vector<enforce::ListedContainer>& containers) {
  std::map<std::string, const enforce::ListedContainer*> by_id;
  for (const enforce::ListedContainer& listed : containers) by_id[listed.id] = &listed;
  std::vector<std::pair<std::string, bool>> gone;
  bool settled = false;
  for (auto& [cache_id, record] : state_.containers) {
    if (record.uncertain) {
      for (const enforce::ListedContainer& listed : containers) {
        if (listed.pod_id == record.container.pod_id && listed.name == record.container.name &&
            !by_id_.contains(listed.id) && listed.state != model::ContainerState::kExited) {
          record.container.id = listed.id;
          record.container.state = listed.state;
          by_id_[listed.id] = cache_id;
        }
      }
      record.uncertain = false;
      settled = true;
      if (record.container.id.empty()) gone.emplace_back(cache_id, true);
      continue;
    }
    if (record.container.id.empty() || !IsAlive(record)) continue;
    const auto it = by_id.find(record.container.id);
    if (it == by_id.end()) {
      // A list that was taken before the container was created does not hold it: only running ones are
      // missed.
      if (record.container.state == model::ContainerState::kRunning) gone.emplace_back(cache_id, true);
    } else if (it->second->state == model::ContainerState::kExited) {
      gone.emplace_back(cache_id, false);
    }
  }
  for (const auto& [cache_id, forget] : gone) {
    Log().Info("{}: no longer runs, its resources are free", cache_id);
    ReleaseContainer(cache_id, forget);
  }
  if (settled || !gone.empty()) SaveOrLog();
}

absl::StatusOr<std::optional<placement::Assignment>> World::Resize(const std::string& id,
                                                                   const model::LinuxResources& asked) {
  state::ContainerRecord* record = FindById(id);
  if (record == nullptr) return std::nullopt;
  model::Container before = record->container;
  model::LinuxResources& kept = record->container.asked;
  // Zero means "keep"; cpusets are the policy's.
  if (asked.cpu_shares != 0) kept.cpu_shares = asked.cpu_shares;
  if (asked.cpu_quota != 0) kept.cpu_quota = asked.cpu_quota;
  if (asked.cpu_period != 0) kept.cpu_period = asked.cpu_period;
  if (asked.memory_limit_bytes != 0) kept.memory_limit_bytes = asked.memory_limit_bytes;
  const model::Pod& pod = state_.pods[record->container.pod_id];
  record->container.resized = true;
  if (absl::Status status = SetEffective(pod, &record->container); !status.ok()) {
    record->container = before;
    return status;
  }
  const bool same =
      record->container.requirements.cpu_request_milli == before.requirements.cpu_request_milli &&
      record->container.requirements.memory_limit_bytes == before.requirements.memory_limit_bytes;
  if (same || !IsAlive(*record)) return record->assignment;
  const std::string cache_id = record->container.cache_id;
  absl::StatusOr<std::vector<placement::Change>> changes = policy_->Allocate({pod, record->container});
  if (!changes.ok()) {
    record->container = before;
    return Annotate(changes.status(), fmt::format("cannot resize {}", model::PrettyName(pod, before)));
  }
  std::set<std::string> changed;
  Record(*changes, &changed);
  CRM_RETURN_IF_ERROR(Save());
  Send(changed, cache_id);
  told_[cache_id] = record->assignment;
  return record->assignment;
}

void World::AddDiscovered(const enforce::ListedContainer& listed, const Running& running) {
  const auto pod = state_.pods.find(listed.pod_id);
  if (pod == state_.pods.end()) return;
  state::ContainerRecord record;
  record.container.id = listed.id;
  record.container.pod_id = listed.pod_id;
  record.container.name = listed.name;
  record.container.ns = pod->second.ns;
  record.container.labels = listed.labels;
  record.container.state = listed.state;
  record.container.cache_id = CacheId(pod->second, listed.name);
  if (absl::StatusOr<model::LinuxResources> asked = running.lookup(listed.id); asked.ok()) {
    record.container.asked = *std::move(asked);
  } else {
    Log().Warning("container {}: resources unknown, placed as if it asked for none: {}", listed.id,
                  Message(asked.status()));
  }
  if (const absl::Status status = SetEffective(pod->second, &record.container); !status.ok()) {
    Log().Error("{}: {}; it is ignored", model::PrettyName(pod->second, record.container), Message(status));
    record.container.requirements =
        model::EstimateRequirements(record.container.asked, pod->second.qos, options_.machine.memory_bytes);
  }
  const std::string cache_id = record.container.cache_id;
  by_id_[listed.id] = cache_id;
  state::ContainerRecord& stored = state_.containers[cache_id] = std::move(record);
  const absl::StatusOr<std::vector<placement::Change>> changes =
      policy_->Allocate({pod->second, stored.container});
  if (!changes.ok()) {
    Log().Error("{}: runs unpinned: {}", model::PrettyName(pod->second, stored.container),
                Message(changes.status()));
    stored.reason = {"", "unpinned", std::string(Message(changes.status()))};
    return;
  }
  Record(*changes, nullptr);
  Log().Info("{}: found running, now{}", model::PrettyName(pod->second, stored.container),
             Describe(stored.assignment));
}

absl::Status World::Synchronize(const Running& running) {
  std::set<std::string> live_pods;
  for (const model::Pod& pod : running.pods) {
    live_pods.insert(pod.id);
    state_.pods.try_emplace(pod.id, pod);
  }
  std::map<std::string, const enforce::ListedContainer*> live;
  for (const enforce::ListedContainer& listed : running.containers) {
    if (listed.state != model::ContainerState::kExited) live[listed.id] = &listed;
  }
  // Settle what was under way when we ended: a created container whose id we never learned is found by pod
  // and name.
  for (auto& [cache_id, record] : state_.containers) {
    if (!record.container.id.empty()) continue;
    for (const auto& [id, listed] : live) {
      if (listed->pod_id == record.container.pod_id && listed->name == record.container.name) {
        record.container.id = id;
      }
    }
  }
  by_id_.clear();
  std::vector<std::string> gone;
  for (auto& [cache_id, record] : state_.containers) {
    const auto it = live.find(record.container.id);
    if (it == live.end() || !live_pods.contains(record.container.pod_id)) {
      gone.push_back(cache_id);
    } else {
      record.container.state = it->second->state;
      record.uncertain = false;
      by_id_[record.container.id] = cache_id;
    }
  }
  for (const std::string& cache_id : gone) {
    Log().Info("{}: no longer exists, its resources are free", cache_id);
    ReleaseContainer(cache_id, /*forget=*/true);
  }
  std::erase_if(state_.pods, [&](const auto& pod) { return !live_pods.contains(pod.first); });
  for (const auto& [id, listed] : live) {
    if (!by_id_.contains(id)) AddDiscovered(*listed, running);
  }
  CRM_RETURN_IF_ERROR(Save());
  // Told again, all of them: we may have ended between a decision and its update. Equal values move nothing.
  told_.clear();
  std::set<std::string> all;
  for (const auto& [cache_id, record] : state_.containers) all.insert(cache_id);
  Send(all);
  Log().Info("in step with the runtime: {} pods, {} containers", state_.pods.size(),
             state_.containers.size());
  return absl::OkStatus();
}

}  // namespace crm::engine
