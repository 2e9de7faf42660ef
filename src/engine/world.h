#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "config/compile.h"
#include "enforce/runtime.h"
#include "engine/adjustment.h"
#include "placement/policy.h"
#include "state/store.h"

namespace crm::engine {

/// Where new resources of running containers go. Must not block.
class UpdateSink {
 public:
  virtual ~UpdateSink() = default;
  virtual void Update(const std::string& container_id, const enforce::ResourceUpdate& update) = 0;
  virtual void Forget(const std::string& container_id) = 0;
};

/// When a list of the runtime was asked for. Lists and the kubelet's calls are under way side by side: a list
/// says nothing about a container that changed after it began.
struct Moment {
  uint64_t sequence = 0;
  absl::Duration time;  ///< monotonic
};

struct WorldOptions {
  hardware::Machine machine;
  const placement::PolicyRegistry* registry = nullptr;
  placement::CgroupReader read_cgroup;
  state::Store* store = nullptr;
  UpdateSink* updates = nullptr;
  /// A configuration that overrides everything, or one for when nothing else is known; not both.
  std::optional<std::string> forced_config;
  std::optional<std::string> fallback_config;
  /// What holds for keys that a configuration does not name; the environment has a say in it.
  config::Plan defaults;
  /// Refuses configurations with another policy than the one that placed the containers (spec 10
  /// section 6.5).
  bool disable_policy_switch = false;
  /// Called after a configuration took effect, for what lies outside of the engine (logging, dumps). Must be
  /// quick.
  std::function<void(const config::Plan&)> on_configured = [](const config::Plan&) {};
  const Clock* clock = &RealClock();
  /// How long after a creation whose answer was lost the runtime may still be at it: until then a list
  /// without the container proves nothing.
  absl::Duration uncertain_grace = absl::Seconds(60);
};

/// The heart of the daemon without threads: pods, containers, the active policy and what was decided. Every
/// change is on disk before it is told to anybody. All calls come from one thread. Spec 10 sections 4 to 6.
class World {
 public:
  explicit World(WorldOptions options);
  ~World();

  /// Loads the state file and picks the configuration: forced, remembered from the agent, fallback, built-in.
  /// An unusable forced or fallback configuration is an error; an unusable remembered one is logged and
  /// skipped, but kept for a version that can use it. Spec 10 section 6.4.
  absl::Status Load(const std::string& stamp);

  /// "<pod uid>:<container name>": what a container is called before and after the runtime names it.
  static std::string CacheId(const model::Pod& pod, const std::string& container);

  /// Adjusts to what really runs: unknown pods and containers are added and placed, vanished ones released;
  /// the others keep what they had. Called at start and after the runtime came back. `lookup` asks the
  /// runtime for the resources of containers that are new to us.
  struct Running {
    Moment began;  ///< ListBegins() before the first of the lists was asked for
    std::vector<model::Pod> pods;
    std::vector<enforce::ListedContainer> containers;
    std::function<absl::StatusOr<model::LinuxResources>(const std::string& id)> lookup;
  };
  absl::Status Synchronize(const Running& running);

  /// To be called before a list is asked for; from any thread.
  Moment ListBegins() const;
  /// Something runs that a list showed and we do not know, or the other way round: Synchronize is due.
  bool OutOfStep() const { return out_of_step_; }
  bool Knows(const std::string& id) const { return by_id_.contains(id); }

  /// Puts a configuration of the agent in force or refuses it, leaving everything as it was. An identical one
  /// is answered without applying it again.
  absl::Status Configure(const state::AgentConfig& config);
  /// The same for a re-read forced configuration.
  absl::Status ConfigureForced(const std::string& text);

  /// Puts a complete set of external adjustments in force, all or nothing; "{}" withdraws them. Returns what
  /// is wrong by name of an adjustment or id of a container, empty when the set is in force; an error when
  /// the payload cannot be read at all. The set lives in memory only. Spec 10 section 8.
  absl::StatusOr<std::map<std::string, std::string>> Adjust(std::string_view payload);

  void PodCreated(model::Pod pod);
  void PodStopped(const std::string& pod_id, bool removed);

  /// Decides for a container that is about to be created; `pod` is used when the pod is unknown. On success
  /// the decision is on disk.
  absl::StatusOr<placement::Assignment> Place(const model::Pod& pod, model::Container container);
  /// The outcome of the creation: the runtime's id, or the failure. An uncertain failure (the request was
  /// sent, the answer lost) keeps the decision until a list settles it.
  void Created(const std::string& cache_id, const std::string& id);
  void CreationFailed(const std::string& cache_id, bool uncertain);
  void Started(const std::string& id);
  void Stopped(const std::string& id, bool removed);
  /// A complete list of the runtime's containers, asked for at `began`.
  void Listed(Moment began, const std::vector<enforce::ListedContainer>& containers);

  /// New resources that the client asks for a container. Returns what the policy decides for it; nullopt for
  /// an unknown container. Where it returns an assignment, the client's request goes to the runtime with it
  /// and Resized is called with the outcome.
  absl::StatusOr<std::optional<placement::Assignment>> Resize(const std::string& id,
                                                              const model::LinuxResources& asked);
  /// The runtime's answer. What it refused is taken back; what was decided anew meanwhile is told again.
  void Resized(const std::string& id, bool accepted);

  /// Writes what was learned since the last decision and can be learned again; see SaveLater.
  void Flush();

  bool HasUncertain() const;
  const state::State& state() const { return state_; }
  const placement::Policy& policy() const { return *policy_; }
  const config::Plan& plan() const { return plan_; }
  /// Where the configuration in force came from: "forced", "agent", "fallback", "built-in".
  const std::string& config_source() const { return config_source_; }

 private:
  struct Candidate;

  absl::Status LoadConfig();
  absl::Status CheckSwitch(const config::Plan& plan) const;
  enum class Crowded { kRefuse, kRunOn };
  absl::StatusOr<Candidate> Build(const config::Compiled& compiled, Crowded crowded);
  absl::Status Activate(Candidate candidate, std::string source, std::optional<state::AgentConfig> remember);
  std::vector<placement::Request> Alive() const;
  void Record(const std::vector<placement::Change>& changes);
  void Tell();
  absl::Status Save();
  void SaveOrLog();
  void SaveLater() { unsaved_ = true; }
  void Commit();
  void ReleaseContainer(const std::string& cache_id, bool forget);
  void PlaceTheUnplaced();
  void Touch(const std::string& key);
  bool ChangedSince(const std::string& key, Moment moment) const;
  void Bury(const std::string& id);
  bool SettleUncertain(Moment began, const std::vector<enforce::ListedContainer>& containers);
  std::string Pretty(const state::ContainerRecord& record) const;
  static std::string Describe(const placement::Assignment& assignment);
  state::ContainerRecord* FindById(const std::string& id);
  absl::Status SetEffective(const model::Pod& pod, model::Container* container) const;
  void Discover(const std::vector<const enforce::ListedContainer*>& unknown, const Running& running);

  WorldOptions options_;
  state::State state_;
  config::Plan plan_;
  std::unique_ptr<placement::Policy> policy_;
  std::string config_source_ = "built-in";
  std::optional<std::string> forced_text_;
  AdjustmentSet adjustments_;
  std::map<std::string, std::string> by_id_;  // runtime id -> cache id
  /// What the runtime was last told for a container, to send differences only. Absent: we do not know.
  std::map<std::string, placement::Assignment> told_;
  std::set<std::string> due_;  // cache ids whose assignment may differ from what was told
  bool unsaved_ = false;
  bool out_of_step_ = false;

  // For judging lists: the sequence of the last change of containers (by cache id) and pods (by id), and the
  // ids of the last ones that were removed. Not saved: what a start reads counts as unchanged.
  std::atomic<uint64_t> sequence_{0};
  std::map<std::string, uint64_t> touched_;
  std::map<std::string, uint64_t> buried_;
  std::deque<std::string> burials_;  // oldest first
  std::map<std::string, absl::Duration> uncertain_since_;

  // A request of the client that is on its way to the runtime.
  struct Resizing {
    model::Container before;
    placement::Assignment told;
    int under_way = 0;
    bool refused = false;
  };
  std::map<std::string, Resizing> resizing_;  // by cache id
};

}  // namespace crm::engine
