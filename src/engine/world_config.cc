// How World chooses, checks and switches its configuration (spec 10 section 6).
#include "base/log.h"
#include "base/status.h"
#include "engine/world.h"

namespace crm::engine {
namespace {

const Logger& Log() {
  static const auto* logger = new Logger("resource-manager");
  return *logger;
}

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

absl::StatusOr<World::Candidate> World::Build(const config::Compiled& compiled) {
  for (const config::Finding& finding : compiled.findings) {
    if (finding.severity == config::Severity::kWarning)
      Log().Warning("configuration: {}", finding.ToString());
  }
  CRM_RETURN_IF_ERROR(compiled.status());
  Candidate candidate;
  candidate.plan = compiled.plan;
  CRM_ASSIGN_OR_RETURN(candidate.policy,
                       options_.registry->Create(options_.machine, compiled.plan, options_.read_cgroup));
  // The grants of the same policy are carried over; another policy places everything anew.
  const std::string current = policy_ ? std::string(policy_->name()) : state_.policy;
  const std::string saved = policy_ ? policy_->Save() : state_.grants;
  CRM_ASSIGN_OR_RETURN(candidate.placements,
                       candidate.policy->Restore(candidate.policy->name() == current ? saved : "", Alive()));
  return candidate;
}

// The new configuration is durable before any container hears of it; a failure to save leaves the old one in
// force.
absl::Status World::Activate(Candidate candidate, std::string source,
                             std::optional<state::AgentConfig> remember) {
  const state::State before = state_;
  std::set<std::string> changed;
  for (auto& [cache_id, record] : state_.containers) {
    if (record.container.state == model::ContainerState::kExited) continue;
    record.assignment = {};
    changed.insert(cache_id);
  }
  Record(candidate.placements, nullptr);
  for (const std::string& cache_id : changed) {
    if (candidate.policy->Lookup(cache_id)) continue;
    state_.containers[cache_id].reason = {"", "unpinned", "no room under the new configuration"};
    Log().Error("{}: runs unpinned: no room for it under the new configuration", cache_id);
  }
  std::swap(policy_, candidate.policy);
  if (remember) state_.config = std::move(remember);
  if (absl::Status status = Save(); !status.ok()) {
    std::swap(policy_, candidate.policy);
    state_ = before;
    return status;
  }
  plan_ = std::move(candidate.plan);
  config_source_ = std::move(source);
  SetDebugSources(plan_.logger.debug);
  Send(changed);
  return absl::OkStatus();
}

absl::Status World::Load(const std::string& stamp) {
  CRM_ASSIGN_OR_RETURN(state::Store::Loaded loaded, options_.store->Load(stamp));
  if (!loaded.notice.empty()) Log().Error("{}", loaded.notice);
  state_ = std::move(loaded.state);
  for (auto& [cache_id, record] : state_.containers) {
    if (!record.container.id.empty()) by_id_[record.container.id] = cache_id;
  }
  return LoadConfig();
}

absl::Status World::LoadConfig() {
  const auto use = [&](const config::Compiled& compiled, const char* source) -> absl::Status {
    absl::StatusOr<Candidate> candidate = Build(compiled);
    if (!candidate.ok()) return candidate.status();
    CRM_RETURN_IF_ERROR(Activate(*std::move(candidate), source, std::nullopt));
    Log().Info("{} configuration in force, policy {}", source, policy_->name());
    return absl::OkStatus();
  };
  if (forced_text_)
    return Annotate(use(config::CompileText(*forced_text_), "forced"), "forced configuration");
  if (state_.config) {
    const absl::Status status = use(config::CompileConfigMap(state_.config->data), "agent");
    if (status.ok()) return status;
    Log().Error("the remembered configuration cannot be used: {}", Message(status));
    state_.config.reset();
  }
  if (options_.fallback_config) {
    return Annotate(use(config::CompileText(*options_.fallback_config), "fallback"),
                    "fallback configuration");
  }
  return use(config::CompileConfigMap({}), "built-in");
}

absl::Status World::Configure(const state::AgentConfig& config) {
  if (forced_text_) {
    return FailedPrecondition("a configuration is forced on this node; the agent's is ignored");
  }
  if (config_source_ == "agent" && state_.config && state_.config->data == config.data)
    return absl::OkStatus();
  absl::StatusOr<Candidate> candidate = Build(config::CompileConfigMap(config.data));
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
  absl::StatusOr<Candidate> candidate = Build(config::CompileText(text));
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
