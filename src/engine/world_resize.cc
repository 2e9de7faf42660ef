// New resources that the client asks for a container that runs (spec 10 section 4.4 [D-20]).
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "engine/world.h"

namespace crm::engine {
namespace {

const Logger& Log() {
  static const auto* logger = new Logger("resource-manager");
  return *logger;
}

// Zero means "keep"; cpusets are the policy's.
void Take(const model::LinuxResources& asked, model::LinuxResources* kept) {
  if (asked.cpu_shares != 0) kept->cpu_shares = asked.cpu_shares;
  if (asked.cpu_quota != 0) kept->cpu_quota = asked.cpu_quota;
  if (asked.cpu_period != 0) kept->cpu_period = asked.cpu_period;
  if (asked.memory_limit_bytes != 0) kept->memory_limit_bytes = asked.memory_limit_bytes;
}

bool SameNeeds(const model::Requirements& a, const model::Requirements& b) {
  return a.cpu_request_milli == b.cpu_request_milli && a.memory_limit_bytes == b.memory_limit_bytes;
}

}  // namespace

absl::StatusOr<std::optional<placement::Assignment>> World::Resize(const std::string& id,
                                                                   const model::LinuxResources& asked) {
  state::ContainerRecord* record = FindById(id);
  if (record == nullptr) return std::nullopt;
  const std::string cache_id = record->container.cache_id;
  const model::Container before = record->container;
  const auto under_way = [&] {
    Resizing& resizing = resizing_[cache_id];
    if (resizing.under_way++ == 0) resizing.before = before;
    resizing.told = record->assignment;
    told_[cache_id] = record->assignment;
    return record->assignment;
  };
  const model::Pod& pod = state_.pods[before.pod_id];
  const std::string pretty = model::PrettyName(pod, before);
  Take(asked, &record->container.asked);
  record->container.resized = true;
  if (absl::Status status = SetEffective(pod, &record->container); !status.ok()) {
    record->container = before;
    return status;
  }
  if (before.state == model::ContainerState::kExited ||
      SameNeeds(record->container.requirements, before.requirements)) {
    SaveLater();
    return under_way();
  }
  absl::StatusOr<std::vector<placement::Change>> changes = policy_->Allocate({pod, record->container});
  if (!changes.ok()) {
    record->container = before;
    return Annotate(changes.status(), fmt::format("cannot resize {}", pretty));
  }
  Record(*changes);
  if (absl::Status status = Save(); !status.ok()) {
    // As if it had not been asked; where it cannot have the very same CPUs again it is told the others.
    record->container = before;
    if (absl::StatusOr<std::vector<placement::Change>> back = policy_->Allocate({pod, before}); back.ok()) {
      Record(*back);
    }
    Tell();
    return Annotate(status, fmt::format("cannot resize {}", pretty));
  }
  Log().Info("{}: resized,{} ({})", pretty, Describe(record->assignment), record->reason.text);
  due_.erase(cache_id);  // goes with the client's own request
  const placement::Assignment decided = under_way();
  Tell();
  return decided;
}

void World::Resized(const std::string& id, bool accepted) {
  state::ContainerRecord* record = FindById(id);
  if (record == nullptr) return;
  const std::string cache_id = record->container.cache_id;
  const auto it = resizing_.find(cache_id);
  if (it == resizing_.end()) return;
  it->second.refused |= !accepted;
  if (--it->second.under_way > 0) return;
  const Resizing resizing = std::move(it->second);
  resizing_.erase(it);
  if (!resizing.refused && record->assignment == resizing.told) return;
  if (resizing.refused && !SameNeeds(record->container.requirements, resizing.before.requirements)) {
    const model::Container refused = record->container;
    record->container.asked = resizing.before.asked;
    record->container.requirements = resizing.before.requirements;
    record->container.resized = resizing.before.resized;
    const absl::StatusOr<std::vector<placement::Change>> back =
        policy_->Allocate({state_.pods[record->container.pod_id], record->container});
    if (back.ok()) {
      Record(*back);
      Log().Warning("{}: the runtime refused the resize; it is taken back", Pretty(*record));
    } else {
      // Others have what it gave up. It keeps the smaller share, and the runtime is told so until it agrees.
      record->container = refused;
      Log().Error("{}: the runtime refused the resize, and what it had is taken: {}", Pretty(*record),
                  Message(back.status()));
    }
  }
  told_.erase(cache_id);  // what the runtime has now is anybody's guess
  due_.insert(cache_id);
  Commit();
}

}  // namespace crm::engine
