#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/daemon_client.h"
#include "agent/pusher.h"
#include "agent/selection.h"
#include "agent/server.h"
#include "base/log.h"
#include "kube/client.h"
#include "kube/informer.h"

namespace crm::agent {

struct AgentOptions {
  std::string node_name;
  std::string agent_socket = "/var/run/cri-resmgr/cri-resmgr-agent.sock";
  std::string daemon_socket = "/var/run/cri-resmgr/cri-resmgr-config.sock";
  std::string config_namespace = "kube-system";
  std::string config_map_name = "cri-resmgr-config";
  std::string label_name = "cri-resource-manager.intel.com/group";
  PushTiming timing;
};

/// The node agent: watches the node and its two ConfigMaps, pushes what is selected to the daemon and serves
/// v1.Agent. Watches report on threads of their own; what they say is worked off on one thread, which also
/// switches watches.
class Agent {
 public:
  /// Serves and watches until it is destroyed. Errors: the socket cannot be served. `client` outlives the
  /// agent.
  static absl::StatusOr<std::unique_ptr<Agent>> Start(AgentOptions options, kube::Client& client);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  std::string ConfigStatus() const { return pusher_.ConfigStatus(); }

 private:
  Agent(AgentOptions options, kube::Client& client);

  void Post(std::function<void()> event);
  void Run();
  void OnNode(const kube::Json* node);
  void OnMap(const std::string& map_name, std::optional<ConfigData> data);
  std::unique_ptr<kube::Informer> WatchNode();
  std::unique_ptr<kube::Informer> WatchMap(const std::string& map_name);

  const AgentOptions options_;
  kube::Client& client_;
  const Logger log_{"watcher"};

  absl::Mutex mutex_;
  std::deque<std::function<void()>> events_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;

  // Of the event thread.
  Selection selection_;
  std::unique_ptr<kube::Informer> secondary_map_;

  std::unique_ptr<DaemonClient> daemon_;
  Pusher pusher_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<kube::Informer> node_;
  std::unique_ptr<kube::Informer> node_map_;
  std::thread thread_;
};

}  // namespace crm::agent
