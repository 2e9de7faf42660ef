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
      world_(WithSink(std::move(options.world), sink_.get())) {}

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
    stopping_ = true;
  }
  if (watcher_.joinable()) watcher_.join();
  queue_.Stop();
}

absl::Status Engine::SynchronizeWithRuntime() {
  World::Running running;
  CRM_ASSIGN_OR_RETURN(running.pods, runtime_.ListPods());
  CRM_ASSIGN_OR_RETURN(running.containers, runtime_.ListContainers());
  running.lookup = [this](const std::string& id) { return runtime_.ContainerResources(id); };
  absl::Status status;
  queue_.Run([&] { status = world_.Synchronize(running); });
  return status;
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
      continue;
    }
    absl::StatusOr<std::vector<enforce::ListedContainer>> containers = runtime_.ListContainers();
    if (containers.ok()) {
      Listed(*std::move(containers));
    } else {
      Log().Warning("cannot list containers: {}", Message(containers.status()));
      lost = absl::IsUnavailable(containers.status());
    }
  }
}

void Engine::RuntimeConnected() {
  absl::MutexLock lock(&mutex_);
  reconnected_ = true;
  hurry_ = true;
}

void Engine::PodCreated(model::Pod pod) {
  queue_.Post([this, pod = std::move(pod)]() mutable { world_.PodCreated(std::move(pod)); });
}

void Engine::PodStopped(std::string pod_id, bool removed) {
  queue_.Post([this, pod_id = std::move(pod_id), removed] { world_.PodStopped(pod_id, removed); });
}

void Engine::Place(model::Pod pod, model::Container container, PlaceDone done) {
  queue_.Post(
      [this, pod = std::move(pod), container = std::move(container), done = std::move(done)]() mutable {
        const std::string name = container.name;
        const std::string pod_id = container.pod_id;
        absl::StatusOr<placement::Assignment> decision = world_.Place(pod, std::move(container));
        std::string cache_id;
        if (decision.ok()) {
          for (const auto& [id, record] : world_.state().containers) {
            if (record.container.pod_id == pod_id && record.container.name == name) cache_id = id;
          }
        }
        done(std::move(decision), std::move(cache_id));
      });
}

void Engine::Created(std::string cache_id, std::string id, std::function<void()> done) {
  queue_.Post([this, cache_id = std::move(cache_id), id = std::move(id), done = std::move(done)] {
    world_.Created(cache_id, id);
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

void Engine::BeforeStart(std::function<void()> done) {
  // Through the queue: decisions made before this call have handed over their updates by then.
  queue_.Post([this, done = std::move(done)] { updater_.WhenSettled(kStartWait, done); });
}

void Engine::Started(std::string id) {
  queue_.Post([this, id = std::move(id)] { world_.Started(id); });
}

void Engine::Stopped(std::string id, bool removed) {
  queue_.Post([this, id = std::move(id), removed] { world_.Stopped(id, removed); });
}

void Engine::Listed(std::vector<enforce::ListedContainer> containers) {
  queue_.Post([this, containers = std::move(containers)] {
    world_.Listed(containers);
    absl::MutexLock lock(&mutex_);
    last_list_ = absl::Now();
    uncertain_ = world_.HasUncertain();
  });
}

void Engine::Resize(std::string id, model::LinuxResources asked, ResizeDone done) {
  queue_.Post([this, id = std::move(id), asked = std::move(asked), done = std::move(done)] {
    done(world_.Resize(id, asked));
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
