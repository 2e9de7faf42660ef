// How World writes down what was decided, and tells the runtime afterwards.
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

// Whether a field has to be sent: `told` is null when we do not know what the runtime has.
template <typename Field>
bool Differs(const Field& wanted, const Field* told, bool ours) {
  if (told != nullptr) return wanted != *told;
  return wanted.has_value() || ours;
}

}  // namespace

std::string World::Describe(const placement::Assignment& assignment) {
  std::string text;
  if (assignment.cpus) text += " cpus " + assignment.cpus->ToString();
  if (assignment.memory_nodes) text += " mems " + assignment.memory_nodes->ToListString();
  if (assignment.cpu_shares) text += fmt::format(" shares {}", *assignment.cpu_shares);
  return text.empty() ? " unpinned" : text;
}

std::string World::Pretty(const state::ContainerRecord& record) const {
  const auto pod = state_.pods.find(record.container.pod_id);
  return pod == state_.pods.end() ? record.container.cache_id
                                  : model::PrettyName(pod->second, record.container);
}

void World::Record(const std::vector<placement::Change>& changes) {
  for (const placement::Change& change : changes) {
    const auto it = state_.containers.find(change.cache_id);
    if (it == state_.containers.end()) continue;
    state::ContainerRecord& record = it->second;
    record.assignment = change.assignment;
    record.reason = change.reason;
    record.ours.cpus |= change.assignment.cpus.has_value();
    record.ours.memory_nodes |= change.assignment.memory_nodes.has_value();
    record.ours.cpu_shares |= change.assignment.cpu_shares.has_value();
    due_.insert(change.cache_id);
  }
}

// Sends what differs from what the runtime was last told. A field that is no longer decided goes back to
// everything: the runtime has no way to say "unset". A field that was never ours stays the client's.
void World::Tell() {
  for (const std::string& cache_id : std::exchange(due_, {})) {
    const auto it = state_.containers.find(cache_id);
    if (it == state_.containers.end()) continue;
    const state::ContainerRecord& record = it->second;
    if (record.container.id.empty() || record.container.state == model::ContainerState::kExited) continue;
    const auto known = told_.find(cache_id);
    const placement::Assignment* told = known == told_.end() ? nullptr : &known->second;
    const placement::Assignment& wanted = record.assignment;
    enforce::ResourceUpdate update;
    if (Differs(wanted.cpus, told ? &told->cpus : nullptr, record.ours.cpus)) {
      update.cpus = wanted.cpus.value_or(options_.machine.online);
    }
    if (Differs(wanted.memory_nodes, told ? &told->memory_nodes : nullptr, record.ours.memory_nodes)) {
      CpuSet all;  // the kernel refuses nodes without memory
      for (const hardware::Node& node : options_.machine.nodes) {
        if (node.memory_bytes > 0) all.Add(node.id);
      }
      update.memory_nodes = wanted.memory_nodes.value_or(all);
      if (update.memory_nodes->empty()) update.memory_nodes.reset();
    }
    if (Differs(wanted.cpu_shares, told ? &told->cpu_shares : nullptr, record.ours.cpu_shares)) {
      update.cpu_shares = wanted.cpu_shares ? *wanted.cpu_shares : record.container.asked.cpu_shares;
      if (*update.cpu_shares == 0) update.cpu_shares.reset();
    }
    told_[cache_id] = wanted;
    if (!update.cpus && !update.memory_nodes && !update.cpu_shares) continue;
    Log().Info("{}: now{} ({})", Pretty(record), Describe(wanted), record.reason.text);
    options_.updates->Update(record.container.id, update);
  }
}

absl::Status World::Save() {
  state_.policy = policy_->name();
  state_.grants = policy_->Save();
  CRM_RETURN_IF_ERROR(options_.store->Save(state_));
  unsaved_ = false;
  return absl::OkStatus();
}

void World::SaveOrLog() {
  if (absl::Status status = Save(); !status.ok()) {
    unsaved_ = true;
    Log().Error("{}; it is written again with the next change", Message(status));
  }
}

void World::Flush() {
  if (unsaved_) SaveOrLog();
}

// The order that a crash survives: write, then tell. When the disk fails the runtime is told all the same:
// these are the consequences of something that happened already.
void World::Commit() {
  PlaceTheUnplaced();
  SaveOrLog();
  Tell();
}

// Everything that a call of the kubelet changes is newer than the lists under way.
void World::Touch(const std::string& key) { touched_[key] = ++sequence_; }

bool World::ChangedSince(const std::string& key, Moment moment) const {
  const auto it = touched_.find(key);
  return it != touched_.end() && it->second > moment.sequence;
}

Moment World::ListBegins() const { return {sequence_.load(), options_.clock->Monotonic()}; }

// Remembers that an id is gone, for the lists that still name it.
void World::Bury(const std::string& id) {
  constexpr size_t kRemembered = 4096;
  if (!buried_.contains(id)) burials_.push_back(id);
  buried_[id] = ++sequence_;
  touched_.erase(id);
  while (burials_.size() > kRemembered) {
    buried_.erase(burials_.front());
    burials_.pop_front();
  }
}

}  // namespace crm::engine
