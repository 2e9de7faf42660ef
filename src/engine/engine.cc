#include "engine/engine.h"

#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace crm::engine {
namespace {

const Logger& Log() {
  static const auto* logger = new Logger("resource-manager");
  return *logger;
}

constexpr absl::Duration kStartWait = absl::Seconds(10);
constexpr absl::Duration kSaveWhenIdleFor = absl::Milliseconds(100);
constexpr absl::Duration kHoldWait = absl::Seconds(10);

WorldOptions WithSink(WorldOptions options, UpdateSink* sink) {
  options.updates = sink;
  return options;
}

}  // namespace

class Engine::Sink : public UpdateSink {
 public:
  explicit Sink(enforce::Updater& updater) : updater_(updater) {}
  void Update(const std::string& container_id, const enforce::ResourceUpdate& update) override {
    updater_.Update(container_id, update);
  }
  void Forget(const std::string& container_id) override { updater_.Forget(container_id); }

 private:
  enforce::Updater& updater_;
};

Engine::Engine(EngineOptions options)
    : runtime_(*options.runtime),
      list_interval_(options.list_interval),
      uncertain_interval_(options.uncertain_interval),
      updater_(runtime_, {}),
      sink_(std::make_unique<Sink>(updater_)),
      world_(WithSink(std::move(options.world), sink_.get())),
      queue_(kSaveWhenIdleFor, [this] { world_.Flush(); }) {}

Engine::~Engine() { Stop(); }

absl::Status Engine::Start(const std::string& stamp) {
  absl::Status status;
  queue_.Run([&] { status = world_.Load(stamp); });
  CRM_RETURN_IF_ERROR(status);
  CRM_RETURN_IF_ERROR(SynchronizeWithRuntime());
  {
    absl::MutexLock lock(&mutex_);
    last_list_ = absl::Now();
  }
  watcher_ = std::thread([this] { WatchRuntime(); });
  return absl::OkStatus();
}

void Engine::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  runtime_.Cancel();
  if (watcher_.joinable()) watcher_.join();
  queue_.Post([this] {
    SynchronizationEnded();
    world_.Flush();
  });
  queue_.Stop();
}

absl::Status Engine::SynchronizeWithRuntime() {
  World::Running running;
  running.began = world_.ListBegins();
  CRM_ASSIGN_OR_RETURN(running.pods, runtime_.ListPods());
  CRM_ASSIGN_OR_RETURN(running.containers, runtime_.ListContainers());
  // Asked before the engine's turn: a slow runtime must not hold up decisions.
  std::set<std::string> unknown;
  queue_.Run([&] {
    for (const enforce::ListedContainer& listed : running.containers) {
      if (listed.state != model::ContainerState::kExited && !world_.Knows(listed.id))
        unknown.insert(listed.id);
    }
  });
  std::map<std::string, absl::StatusOr<model::LinuxResources>> resources;
  for (const std::string& id : unknown) resources.emplace(id, runtime_.ContainerResources(id));
  running.lookup = [&](const std::string& id) -> absl::StatusOr<model::LinuxResources> {
    const auto it = resources.find(id);
    if (it == resources.end()) return NotFound("container {}: not asked for", id);
    return it->second;
  };
  absl::Status status;
  queue_.Run([&] { status = world_.Synchronize(running); });
  return status;
}

// Runs on the queue's thread: what had to wait for a synchronisation goes on, whatever came of it.
void Engine::SynchronizationEnded() {
  held_back_ = false;
  for (const auto& waiting : std::exchange(after_synchronization_, {})) waiting();
}

// The safety net: the kubelet's own lists usually tell us what exited; this thread asks when nobody else
// does.
void Engine::WatchRuntime() {
  bool lost = false;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      const auto interval = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return uncertain_ || lost ? uncertain_interval_ : list_interval_;
      };
      const auto disturbed = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return stopping_ || hurry_; };
      mutex_.AwaitWithDeadline(absl::Condition(&disturbed),
                               std::max(last_list_ + interval(), absl::Now() + absl::Milliseconds(200)));
      if (stopping_) return;
      hurry_ = false;
      lost = std::exchange(reconnected_, false) || lost;
      if (!lost && absl::Now() < last_list_ + interval()) continue;
      last_list_ = absl::Now();
    }
    if (lost) {
      // It is back, perhaps with other containers: everything is compared, not only exits.
      const absl::Status status = SynchronizeWithRuntime();
      lost = !status.ok();
      if (lost) Log().Warning("cannot get in step with the runtime: {}", Message(status));
      queue_.Post([this] { SynchronizationEnded(); });
      continue;
    }
    const Moment began = world_.ListBegins();
    absl::StatusOr<std::vector<enforce::ListedContainer>> containers = runtime_.ListContainers();
    if (containers.ok()) {
      Listed(began, *std::move(containers));
    } else {
      Log().Warning("cannot list containers: {}", Message(containers.status()));
      lost = absl::IsUnavailable(containers.status());
    }
  }
}

void Engine::RuntimeConnected() {
  // Start has just compared everything.
  if (!connected_once_.exchange(true)) return;
  queue_.Post([this] { held_back_ = true; });
  SynchronizeSoon();
}

void Engine::SynchronizeSoon() {
  absl::MutexLock lock(&mutex_);
  reconnected_ = true;
  hurry_ = true;
}

Moment Engine::ListBegins() const { return world_.ListBegins(); }

void Engine::PodCreated(model::Pod pod) {
  queue_.Post([this, pod = std::move(pod)]() mutable { world_.PodCreated(std::move(pod)); });
}

void Engine::PodStopped(std::string pod_id, bool removed) {
  queue_.Post([this, pod_id = std::move(pod_id), removed] { world_.PodStopped(pod_id, removed); });
}

void Engine::Place(model::Pod pod, model::Container container, PlaceDone done) {
  auto place = [this, pod = std::move(pod), container = std::move(container),
                done = std::move(done)]() mutable {
    const std::string cache_id = World::CacheId(pod, container.name);
    absl::StatusOr<placement::Assignment> decision = world_.Place(pod, std::move(container));
    done(std::move(decision), cache_id);
  };
  queue_.Post([this, place = std::move(place)]() mutable {
    // The runtime was away: first what really runs, then new decisions.
    if (held_back_) {
      after_synchronization_.push_back(std::move(place));
    } else {
      place();
    }
  });
}

void Engine::Created(std::string cache_id, std::string id, std::function<void()> done) {
  queue_.Post([this, cache_id = std::move(cache_id), id = std::move(id), done = std::move(done)] {
    world_.Created(cache_id, id);
    if (world_.OutOfStep()) SynchronizeSoon();
    done();
  });
}

void Engine::CreationFailed(std::string cache_id, bool uncertain, std::function<void()> done) {
  if (uncertain) {
    absl::MutexLock lock(&mutex_);
    uncertain_ = true;
    hurry_ = true;
  }
  queue_.Post([this, cache_id = std::move(cache_id), uncertain, done = std::move(done)] {
    world_.CreationFailed(cache_id, uncertain);
    done();
  });
}

void Engine::BeforeStart(std::string id, std::function<void()> done) {
  auto settle = [this, done = std::move(done)] { updater_.WhenSettled(kStartWait, done); };
  // Through the queue: decisions made before this call have handed over their updates by then.
  queue_.Post([this, id = std::move(id), settle = std::move(settle)]() mutable {
    if (!held_back_ && world_.Knows(id)) return settle();
    // A container that we do not know must not run unplaced, if it exists at all.
    after_synchronization_.push_back(std::move(settle));
    SynchronizeSoon();
  });
}

void Engine::Started(std::string id) {
  queue_.Post([this, id = std::move(id)] { world_.Started(id); });
}

void Engine::Stopped(std::string id, bool removed) {
  queue_.Post([this, id = std::move(id), removed] { world_.Stopped(id, removed); });
}

void Engine::Listed(Moment began, std::vector<enforce::ListedContainer> containers) {
  queue_.Post([this, began, containers = std::move(containers)] {
    world_.Listed(began, containers);
    if (world_.OutOfStep()) SynchronizeSoon();
    absl::MutexLock lock(&mutex_);
    last_list_ = absl::Now();
    uncertain_ = world_.HasUncertain();
  });
}

void Engine::Resize(std::string id, model::LinuxResources asked, ResizeDone done) {
  // Two requests for one container under way at once would end in either order.
  updater_.Hold(id, kHoldWait, [this, id, asked = std::move(asked), done = std::move(done)] {
    queue_.Post([this, id, asked, done] {
      absl::StatusOr<std::optional<placement::Assignment>> decision = world_.Resize(id, asked);
      if (!decision.ok() || !decision->has_value()) updater_.Unhold(id);
      done(std::move(decision));
    });
  });
}

void Engine::Resized(std::string id, bool accepted) {
  queue_.Post([this, id = std::move(id), accepted] {
    world_.Resized(id, accepted);
    updater_.Unhold(id);
  });
}

void Engine::Configure(state::AgentConfig config, std::function<void(absl::Status)> done) {
  queue_.Post([this, config = std::move(config), done = std::move(done)] { done(world_.Configure(config)); });
}

void Engine::Adjust(std::string payload, AdjustDone done) {
  queue_.Post([this, payload = std::move(payload), done = std::move(done)] { done(world_.Adjust(payload)); });
}

void Engine::ConfigureForced(std::string text, std::function<void(absl::Status)> done) {
  queue_.Post([this, text = std::move(text), done = std::move(done)] { done(world_.ConfigureForced(text)); });
}

void Engine::Inspect(const std::function<void(const World&)>& look) {
  queue_.Run([&] { look(world_); });
}

}  // namespace crm::engine
