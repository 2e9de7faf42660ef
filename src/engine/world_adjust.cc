// How World puts external adjustments in force and withdraws them (spec 10 section 8).
#include <algorithm>

#include "base/log.h"
#include "base/status.h"
#include "engine/effective.h"
#include "engine/world.h"
#include "fmt/ranges.h"

namespace crm::engine {
namespace {

const Logger& Log() {
  static const auto* logger = new Logger("cache");
  return *logger;
}

// The one adjustment that concerns a container, null for none.
absl::StatusOr<const Adjustment*> Choose(const AdjustmentSet& set, const model::Pod& pod,
                                         const model::Container& container) {
  std::vector<std::string> names;
  for (const auto& [name, adjustment] : set) {
    if (adjustment.InScope(pod, container)) names.push_back(name);
  }
  if (names.empty()) return nullptr;
  if (names.size() > 1) {
    return FailedPrecondition("cache: conflicting adjustments for {}: {}", model::PrettyName(pod, container),
                              fmt::join(names, ","));
  }
  const Adjustment& chosen = set.at(names[0]);
  if (chosen.resources && pod.qos == model::QosClass::kBestEffort) {
    return FailedPrecondition("cache: {}: can't override resources for BestEffort {}", chosen.name,
                              model::PrettyName(pod, container));
  }
  return &chosen;
}

bool SameRequirements(const model::Requirements& a, const model::Requirements& b) {
  return a.cpu_request_milli == b.cpu_request_milli && a.cpu_limit_milli == b.cpu_limit_milli &&
         a.memory_request_bytes == b.memory_request_bytes && a.memory_limit_bytes == b.memory_limit_bytes;
}

bool SameEffect(const model::Container& a, const model::Container& b) {
  return a.adjustment == b.adjustment && a.rdt_class == b.rdt_class && a.blockio_class == b.blockio_class &&
         a.toptier_limit_bytes == b.toptier_limit_bytes && SameRequirements(a.requirements, b.requirements);
}

int64_t CpuRequest(const model::Container& container) {
  return container.requirements.cpu_request_milli.value_or(0);
}

}  // namespace

// For a container that comes new: an adjustment that cannot be chosen is none.
absl::Status World::SetEffective(const model::Pod& pod, model::Container* container) const {
  absl::StatusOr<const Adjustment*> adjustment = Choose(adjustments_, pod, *container);
  if (!adjustment.ok()) {
    Log().Error("{}; none is in effect", Message(adjustment.status()));
    adjustment = nullptr;
  }
  return ApplyEffective(pod, *adjustment, options_.machine.memory_bytes, container);
}

absl::StatusOr<std::map<std::string, std::string>> World::Adjust(std::string_view payload) {
  absl::StatusOr<DecodedAdjustments> decoded = DecodeAdjustments(payload);
  if (!decoded.ok()) return Annotate(decoded.status(), "failed to decode SetAdjustment request");
  std::map<std::string, std::string> errors = std::move(decoded->errors);
  if (!errors.empty()) return errors;

  std::map<std::string, model::Container> adjusted;  // by cache id, those for which something changes
  std::vector<std::string> again;                    // of these, the ones that have to be placed anew
  for (const placement::Request& request : Alive()) {
    const model::Container& container = request.container;
    const std::string& shown = container.id.empty() ? container.cache_id : container.id;
    const absl::StatusOr<const Adjustment*> adjustment = Choose(decoded->set, request.pod, container);
    model::Container next = container;
    const absl::Status status =
        adjustment.ok() ? ApplyEffective(request.pod, *adjustment, options_.machine.memory_bytes, &next)
                        : adjustment.status();
    if (!status.ok()) {
      errors.emplace(shown, Message(status));
      continue;
    }
    if (SameEffect(next, container)) continue;
    if (!SameRequirements(next.requirements, container.requirements)) again.push_back(container.cache_id);
    adjusted.emplace(container.cache_id, std::move(next));
  }
  if (!errors.empty()) return errors;

  // Those that need less come first: they make room for the others.
  std::stable_sort(again.begin(), again.end(), [&](const std::string& a, const std::string& b) {
    const auto growth = [&](const std::string& id) {
      return CpuRequest(adjusted.at(id)) - CpuRequest(state_.containers.at(id).container);
    };
    return growth(a) < growth(b);
  });
  // Placed in a copy of the policy, so that a refusal leaves the one in force as it is.
  std::unique_ptr<placement::Policy> policy;
  if (!again.empty()) {
    CRM_ASSIGN_OR_RETURN(policy, options_.registry->Create(options_.machine, plan_, options_.read_cgroup));
    CRM_RETURN_IF_ERROR(policy->Restore(policy_->Save(), Alive()).status());
  }
  for (const std::string& cache_id : again) {
    const model::Container& container = adjusted.at(cache_id);
    const model::Pod& pod = state_.pods.at(container.pod_id);
    const absl::Status status = policy->Allocate({pod, container}).status();
    if (status.ok()) continue;
    errors.emplace(container.id.empty() ? cache_id : container.id,
                   fmt::format("{}: adjustment {} cannot be applied to {}: {}", policy->name(),
                               container.adjustment, model::PrettyName(pod, container), Message(status)));
  }
  if (!errors.empty()) return errors;

  const state::State before = state_;
  for (const auto& [cache_id, container] : adjusted) state_.containers.at(cache_id).container = container;
  if (policy) {
    for (auto& [cache_id, record] : state_.containers) {
      const std::optional<placement::Change> now = policy->Lookup(cache_id);
      if (!now) continue;
      if (!(now->assignment == record.assignment)) due_.insert(cache_id);
      record.assignment = now->assignment;
      record.reason = now->reason;
    }
    std::swap(policy_, policy);
  }
  if (!adjusted.empty()) {
    if (const absl::Status status = Save(); !status.ok()) {
      if (policy) std::swap(policy_, policy);
      state_ = before;
      due_.clear();
      return std::map<std::string, std::string>{{"cache", std::string(Message(status))}};
    }
  }
  adjustments_ = std::move(decoded->set);
  Log().Info("external adjustments in force: {}", adjustments_.size());
  for (const auto& [cache_id, container] : adjusted) {
    const std::string pretty = model::PrettyName(state_.pods.at(container.pod_id), container);
    if (container.adjustment.empty()) {
      Log().Info("{}: no adjustment in effect any more", pretty);
    } else {
      Log().Info("{}: adjustment {} in effect, RDT class {}, block I/O class {}", pretty,
                 container.adjustment, container.rdt_class, container.blockio_class);
    }
  }
  Tell();
  return errors;
}

}  // namespace crm::engine
