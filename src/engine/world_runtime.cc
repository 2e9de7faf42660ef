// What World learns from lists of the runtime: what is gone, what came, what was uncertain. Lists are
// pictures of a moment that is over: see Moment.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "engine/world.h"
#include "placement/order.h"

namespace crm::engine {
namespace {

const Logger& Log() {
  static const auto* logger = new Logger("resource-manager");
  return *logger;
}

using Listing = std::map<std::string, const enforce::ListedContainer*>;  // by the runtime's id

}  // namespace

// Creations whose answer was lost: found by pod and name, or given up when the runtime cannot be at it any
// more. Says whether anything changed.
bool World::SettleUncertain(Moment began, const std::vector<enforce::ListedContainer>& containers) {
  bool settled = false;
  std::vector<std::string> lost;
  for (auto& [cache_id, record] : state_.containers) {
    if (!record.uncertain) continue;
    for (const enforce::ListedContainer& listed : containers) {
      if (listed.pod_id != record.container.pod_id || listed.name != record.container.name ||
          listed.state == model::ContainerState::kExited || by_id_.contains(listed.id)) {
        continue;
      }
      record.container.id = listed.id;
      record.container.state = listed.state;
      by_id_[listed.id] = cache_id;
    }
    if (record.container.id.empty() && began.time < uncertain_since_[cache_id] + options_.uncertain_grace) {
      continue;
    }
    settled = true;
    record.uncertain = false;
    uncertain_since_.erase(cache_id);
    if (record.container.id.empty()) {
      lost.push_back(cache_id);
    } else {
      Touch(cache_id);
      due_.insert(cache_id);
      told_.erase(cache_id);
    }
  }
  for (const std::string& cache_id : lost) {
    Log().Info("{}: was never created, its resources are free", cache_id);
    ReleaseContainer(cache_id, /*forget=*/true);
  }
  return settled;
}

void World::Listed(Moment began, const std::vector<enforce::ListedContainer>& containers) {
  bool changed = SettleUncertain(began, containers);
  Listing listing;
  for (const enforce::ListedContainer& listed : containers) listing[listed.id] = &listed;
  std::vector<std::pair<std::string, bool>> gone;
  for (auto& [cache_id, record] : state_.containers) {
    if (record.container.id.empty() || record.container.state == model::ContainerState::kExited ||
        ChangedSince(cache_id, began)) {
      continue;
    }
    const auto it = listing.find(record.container.id);
    if (it == listing.end()) {
      gone.emplace_back(cache_id, true);
    } else if (it->second->state == model::ContainerState::kExited) {
      gone.emplace_back(cache_id, false);
    }
  }
  for (const auto& [cache_id, forget] : gone) {
    Log().Info("{}: no longer runs, its resources are free", Pretty(state_.containers.at(cache_id)));
    ReleaseContainer(cache_id, forget);
    changed = true;
  }
  for (const auto& [id, listed] : listing) {
    if (listed->state == model::ContainerState::kExited || by_id_.contains(id)) continue;
    const auto buried = buried_.find(id);
    if (buried != buried_.end() && buried->second > began.sequence) continue;
    const bool being_created = std::any_of(
        state_.containers.begin(), state_.containers.end(), [&, &container = *listed](const auto& known) {
          return known.second.container.id.empty() && known.second.container.pod_id == container.pod_id &&
                 known.second.container.name == container.name;
        });
    if (being_created || out_of_step_) continue;
    Log().Warning("container {} ({}) runs and is not known: comparing everything", id, listed->name);
    out_of_step_ = true;
  }
  if (changed) Commit();
}

// Places what runs without our knowledge, in the order in which a start places everything.
void World::Discover(const std::vector<const enforce::ListedContainer*>& unknown, const Running& running) {
  std::vector<std::string> found;
  for (const enforce::ListedContainer* listed : unknown) {
    const auto pod = state_.pods.find(listed->pod_id);
    if (pod == state_.pods.end()) continue;
    state::ContainerRecord record;
    model::Container& container = record.container;
    container.id = listed->id;
    container.pod_id = listed->pod_id;
    container.name = listed->name;
    container.ns = pod->second.ns;
    container.labels = listed->labels;
    container.state = listed->state;
    container.cache_id = CacheId(pod->second, listed->name);
    const std::string pretty = model::PrettyName(pod->second, container);
    const auto other = state_.containers.find(container.cache_id);
    if (other != state_.containers.end()) {
      if (other->second.container.state != model::ContainerState::kExited) {
        Log().Warning("container {}: {} is known under another id; left alone", listed->id, pretty);
        continue;
      }
      ReleaseContainer(container.cache_id, /*forget=*/true);
    }
    if (absl::StatusOr<model::LinuxResources> asked = running.lookup(listed->id); asked.ok()) {
      container.asked = *std::move(asked);
    } else {
      Log().Warning("container {}: resources unknown, placed as if it asked for none: {}", listed->id,
                    Message(asked.status()));
    }
    if (const absl::Status status = SetEffective(pod->second, &container); !status.ok()) {
      Log().Error("{}: {}; it is ignored", pretty, Message(status));
      container.requirements =
          model::EstimateRequirements(container.asked, pod->second.qos, options_.machine.memory_bytes);
    }
    record.ours = {true, true, true};  // who set what it runs with is not known
    by_id_[container.id] = container.cache_id;
    found.push_back(container.cache_id);
    state_.containers[container.cache_id] = std::move(record);
  }
  std::vector<placement::Request> requests;
  for (const std::string& cache_id : found) {
    const model::Container& container = state_.containers.at(cache_id).container;
    requests.push_back({state_.pods.at(container.pod_id), container});
  }
  for (const placement::Request& request : placement::Ordered(requests)) {
    const std::string pretty = model::PrettyName(request.pod, request.container);
    const absl::StatusOr<std::vector<placement::Change>> changes = policy_->Allocate(request);
    state::ContainerRecord& record = state_.containers.at(request.container.cache_id);
    if (!changes.ok()) {
      Log().Error("{}: runs unpinned: {}", pretty, Message(changes.status()));
      record.reason = {"", "unpinned", std::string(Message(changes.status()))};
      continue;
    }
    Record(*changes);
    Log().Info("{}: found running, now{}", pretty, Describe(record.assignment));
  }
}

absl::Status World::Synchronize(const Running& running) {
  const Moment began = running.began;
  out_of_step_ = false;
  const auto gone_since = [&](const std::string& id) {
    const auto it = buried_.find(id);
    return it != buried_.end() && it->second > began.sequence;
  };
  std::set<std::string> live_pods;
  for (const model::Pod& pod : running.pods) {
    if (gone_since(pod.id)) continue;
    live_pods.insert(pod.id);
    state_.pods.try_emplace(pod.id, pod);
  }
  SettleUncertain(began, running.containers);
  Listing live;
  for (const enforce::ListedContainer& listed : running.containers) {
    if (listed.state != model::ContainerState::kExited) live[listed.id] = &listed;
  }
  std::vector<std::string> gone;
  for (auto& [cache_id, record] : state_.containers) {
    if (record.container.id.empty() || ChangedSince(cache_id, began)) continue;
    const auto it = live.find(record.container.id);
    if (it == live.end() || !live_pods.contains(record.container.pod_id)) {
      gone.push_back(cache_id);
    } else {
      record.container.state = it->second->state;
    }
  }
  for (const std::string& cache_id : gone) {
    Log().Info("{}: no longer exists, its resources are free", Pretty(state_.containers.at(cache_id)));
    ReleaseContainer(cache_id, /*forget=*/true);
  }
  std::set<std::string> needed;
  for (const auto& [cache_id, record] : state_.containers) needed.insert(record.container.pod_id);
  std::erase_if(state_.pods, [&](const auto& pod) {
    return !live_pods.contains(pod.first) && !needed.contains(pod.first) && !ChangedSince(pod.first, began);
  });
  std::vector<const enforce::ListedContainer*> unknown;
  for (const auto& [id, listed] : live) {
    if (!by_id_.contains(id) && !gone_since(id)) unknown.push_back(listed);
  }
  Discover(unknown, running);
  CRM_RETURN_IF_ERROR(Save());
  // Told again, all of them: we may have ended between a decision and its update. Equal values move nothing.
  for (const auto& [cache_id, record] : state_.containers) {
    if (!record.container.id.empty() && !resizing_.contains(cache_id)) told_.erase(cache_id);
    due_.insert(cache_id);
  }
  Tell();
  Log().Info("in step with the runtime: {} pods, {} containers", state_.pods.size(),
             state_.containers.size());
  return absl::OkStatus();
}

}  // namespace crm::engine
