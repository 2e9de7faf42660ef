// How World chooses, checks and switches its configuration (spec 10 section 6).
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

// What the messages of users' scripts match: spec 10 section 6.4.
constexpr std::string_view kConfigError = "config error";

absl::Status Rejected(const absl::Status& cause) {
  return Annotate(cause, "failed to apply configuration: resource-manager: configuration rejected");
}

}  // namespace

/// A configuration with the policy made for it, ready to take the place of the one in force.
struct World::Candidate {
  config::Plan plan;
  std::unique_ptr<placement::Policy> policy;
  std::vector<placement::Change> placements;  // of every live container
};

absl::Status World::CheckSwitch(const config::Plan& plan) const {
  if (!options_.disable_policy_switch || state_.policy.empty() || state_.policy == plan.policy) {
    return absl::OkStatus();
  }
  return FailedPrecondition(
      "resource-manager: cannot load cache with policy {} for active policy {}: --disable-policy-switch is "
      "given, --reset-policy forgets the old one",
      state_.policy, plan.policy);
}

// What runs already must find its place: at run time a configuration that has none for it is refused. A start
// has no choice: containers without a place run on without one and are placed as soon as there is room.
absl::StatusOr<World::Candidate> World::Build(const config::Compiled& compiled, Crowded crowded) {
  for (const config::Finding& finding : compiled.findings) {
    if (finding.severity == config::Severity::kWarning)
      Log().Warning("configuration: {}", finding.ToString());
  }
  CRM_RETURN_IF_ERROR(Annotate(compiled.status(), kConfigError));
  CRM_RETURN_IF_ERROR(CheckSwitch(compiled.plan));
  Candidate candidate;
  candidate.plan = compiled.plan;
  const auto create = [&]() -> absl::Status {
    absl::StatusOr<std::unique_ptr<placement::Policy>> policy =
        options_.registry->Create(options_.machine, compiled.plan, options_.read_cgroup);
    if (!policy.ok()) return Annotate(policy.status(), kConfigError);
    candidate.policy = *std::move(policy);
    return absl::OkStatus();
  };
  CRM_RETURN_IF_ERROR(create());
  // The grants of the same policy are carried over; another policy places everything anew.
  const std::string current = policy_ ? std::string(policy_->name()) : state_.policy;
  const std::string saved = policy_ ? policy_->Save() : state_.grants;
  const std::vector<placement::Request> alive = Alive();
  absl::StatusOr<std::vector<placement::Change>> placements =
      candidate.policy->Restore(candidate.policy->name() == current ? saved : "", alive);
  if (!placements.ok() && crowded == Crowded::kRunOn) {
    Log().Error("placements cannot be carried over, everything is placed anew: {}",
                Message(placements.status()));
    CRM_RETURN_IF_ERROR(create());
    placements = candidate.policy->Restore("", alive);
  }
  CRM_ASSIGN_OR_RETURN(candidate.placements, std::move(placements));
  for (const placement::Request& request : placement::Ordered(alive)) {
    if (crowded == Crowded::kRunOn || candidate.policy->Lookup(request.container.cache_id)) continue;
    absl::StatusOr<std::vector<placement::Change>> changes = candidate.policy->Allocate(request);
    if (!changes.ok()) {
      return Annotate(changes.status(), fmt::format("{}, which runs, would have no place",
                                                    model::PrettyName(request.pod, request.container)));
    }
    candidate.placements.insert(candidate.placements.end(), changes->begin(), changes->end());
  }
  return candidate;
}

// The new configuration is durable before any container hears of it; a failure to save leaves the old one in
// force.
absl::Status World::Activate(Candidate candidate, std::string source,
                             std::optional<state::AgentConfig> remember) {
  const state::State before = state_;
  std::vector<std::string> alive;
  for (auto& [cache_id, record] : state_.containers) {
    if (record.container.state == model::ContainerState::kExited) continue;
    record.assignment = {};
    alive.push_back(cache_id);
  }
  Record(candidate.placements);
  for (const std::string& cache_id : alive) {
    if (candidate.policy->Lookup(cache_id)) continue;
    state_.containers[cache_id].reason = {"", "unpinned", "no room under the new configuration"};
    Log().Error("{}: runs unpinned: no room for it under the new configuration", cache_id);
  }
  std::swap(policy_, candidate.policy);
  if (remember) state_.config = std::move(remember);
  if (absl::Status status = Save(); !status.ok()) {
    std::swap(policy_, candidate.policy);
    state_ = before;
    due_.clear();
    return status;
  }
  plan_ = std::move(candidate.plan);
  config_source_ = std::move(source);
  options_.on_configured(plan_);
  due_.insert(alive.begin(), alive.end());
  Tell();
  return absl::OkStatus();
}

absl::Status World::Load(const std::string& stamp) {
  CRM_ASSIGN_OR_RETURN(state::Store::Loaded loaded, options_.store->Load(stamp));
  if (!loaded.notice.empty()) Log().Error("{}", loaded.notice);
  state_ = std::move(loaded.state);
  for (auto& [cache_id, record] : state_.containers) {
    if (!record.container.id.empty()) by_id_[record.container.id] = cache_id;
    // We ended while it was being created; nobody will bring us the answer any more.
    if (record.container.id.empty()) record.uncertain = true;
    if (record.uncertain) uncertain_since_[cache_id] = options_.clock->Monotonic();
  }
  return LoadConfig();
}

absl::Status World::LoadConfig() {
  const auto use = [&](const config::Compiled& compiled, const char* source) -> absl::Status {
    absl::StatusOr<Candidate> candidate = Build(compiled, Crowded::kRunOn);
    if (!candidate.ok()) return candidate.status();
    CRM_RETURN_IF_ERROR(Activate(*std::move(candidate), source, std::nullopt));
    Log().Info("{} configuration in force, policy {}", source, policy_->name());
    return absl::OkStatus();
  };
  if (forced_text_) {
    return Annotate(use(config::CompileText(*forced_text_, options_.defaults), "forced"),
                    "forced configuration");
  }
  if (state_.config) {
    const config::Compiled compiled = config::CompileConfigMap(state_.config->data, options_.defaults);
    if (compiled.ok()) CRM_RETURN_IF_ERROR(CheckSwitch(compiled.plan));
    const absl::Status status = use(compiled, "agent");
    if (status.ok()) return status;
    Log().Error("the remembered configuration cannot be used: {}", Message(status));
  }
  if (options_.fallback_config) {
    return Annotate(use(config::CompileText(*options_.fallback_config, options_.defaults), "fallback"),
                    "fallback configuration");
  }
  Log().Warning("no configuration is given or remembered: the built-in one is used");
  return use(config::CompileConfigMap({}, options_.defaults), "built-in");
}

absl::Status World::Configure(const state::AgentConfig& config) {
  if (forced_text_) {
    return FailedPrecondition("a configuration is forced on this node; the agent's is ignored");
  }
  if (config_source_ == "agent" && state_.config && state_.config->data == config.data)
    return absl::OkStatus();
  absl::StatusOr<Candidate> candidate =
      Build(config::CompileConfigMap(config.data, options_.defaults), Crowded::kRefuse);
  if (!candidate.ok()) {
    const absl::Status status = Rejected(candidate.status());
    Log().Error("{}", Message(status));
    return status;
  }
  if (absl::Status status = Activate(*std::move(candidate), "agent", config); !status.ok()) {
    Log().Error("{}", Message(status));
    return Rejected(status);
  }
  Log().Info("successfully switched to new configuration");
  return absl::OkStatus();
}

absl::Status World::ConfigureForced(const std::string& text) {
  absl::StatusOr<Candidate> candidate = Build(config::CompileText(text, options_.defaults), Crowded::kRefuse);
  absl::Status status =
      candidate.ok() ? Activate(*std::move(candidate), "forced", std::nullopt) : candidate.status();
  if (!status.ok()) {
    status = Rejected(status);
    Log().Error("{}; the old one stays in force", Message(status));
    return status;
  }
  forced_text_ = text;
  Log().Info("successfully switched to new configuration");
  return absl::OkStatus();
}

}  // namespace crm::engine
