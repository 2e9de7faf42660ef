#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "enforce/updater.h"
#include "engine/event_queue.h"
#include "engine/world.h"

namespace crm::engine {

struct EngineOptions {
  WorldOptions world;  ///< `updates` is filled in by the engine
  enforce::Runtime* runtime = nullptr;
  /// Lists the runtime's containers itself when no full list was seen for this long, so that exited ones are
  /// noticed.
  absl::Duration list_interval = absl::Seconds(10);
  absl::Duration uncertain_interval = absl::Seconds(2);  ///< the same while a creation is uncertain
};

/// The daemon's engine: one event queue that owns the World. Every method is thread-safe and returns at once;
/// callbacks run on the engine's thread and must be quick.
class Engine {
 public:
  explicit Engine(EngineOptions options);
  ~Engine();  ///< Stop()

  /// Loads state and configuration, gets in step with the runtime. Blocks; call once, before anything else.
  absl::Status Start(const std::string& stamp);
  void Stop();

  using PlaceDone = std::function<void(absl::StatusOr<placement::Assignment> decision, std::string cache_id)>;
  using ResizeDone = std::function<void(absl::StatusOr<std::optional<placement::Assignment>>)>;

  /// The connection to the runtime was made anew: it may have restarted, so gets in step with it again.
  void RuntimeConnected();

  void PodCreated(model::Pod pod);
  void PodStopped(std::string pod_id, bool removed);
  void Place(model::Pod pod, model::Container container, PlaceDone done);
  void Created(std::string cache_id, std::string id, std::function<void()> done);
  void CreationFailed(std::string cache_id, bool uncertain, std::function<void()> done);
  /// Calls `done` when container `id` may start: the updates that make room were sent, which is waited for 10
  /// s at most; an unknown container was looked for at the runtime and placed.
  void BeforeStart(std::string id, std::function<void()> done);
  void Started(std::string id);
  void Stopped(std::string id, bool removed);
  /// To be called before a list is asked for.
  Moment ListBegins() const;
  void Listed(Moment began, std::vector<enforce::ListedContainer> containers);
  /// Once no update of ours for the container is under way (waited for 10 s at most). Where `done` gets an
  /// assignment, Resized has to follow with the runtime's answer: until then ours wait.
  void Resize(std::string id, model::LinuxResources asked, ResizeDone done);
  void Resized(std::string id, bool accepted);
  void Configure(state::AgentConfig config, std::function<void(absl::Status)> done);
  using AdjustDone = std::function<void(absl::StatusOr<std::map<std::string, std::string>>)>;
  void Adjust(std::string payload, AdjustDone done);
  void ConfigureForced(std::string text, std::function<void(absl::Status)> done);

  /// Runs `look` on the engine's thread and waits for it; for introspection and tests.
  void Inspect(const std::function<void(const World&)>& look);
  size_t PendingUpdates() const { return updater_.Pending(); }

 private:
  class Sink;

  void WatchRuntime();
  absl::Status SynchronizeWithRuntime();
  void SynchronizationEnded();
  void SynchronizeSoon();

  enforce::Runtime& runtime_;
  const absl::Duration list_interval_;
  const absl::Duration uncertain_interval_;
  enforce::Updater updater_;
  std::unique_ptr<Sink> sink_;
  World world_;  // used on queue_'s thread only, once started
  EventQueue queue_;
  bool held_back_ = false;  // on queue_'s thread: decisions wait for a synchronisation
  std::vector<std::function<void()>> after_synchronization_;  // on queue_'s thread
  std::atomic<bool> connected_once_{false};
  absl::Mutex mutex_;
  absl::Time last_list_ ABSL_GUARDED_BY(mutex_);
  bool uncertain_ ABSL_GUARDED_BY(mutex_) = false;
  bool hurry_ ABSL_GUARDED_BY(mutex_) = false;  // the watcher has to look again at once
  bool reconnected_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread watcher_;
};

}  // namespace crm::engine
