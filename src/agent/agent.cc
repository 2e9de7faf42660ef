#include "agent/agent.h"

#include <utility>

#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::agent {
namespace {

ConfigData DataOf(const kube::Json& config_map) {
  ConfigData data;
  const kube::Json* members = kube::Find(config_map, {"data"});
  if (members == nullptr || !members->is_object()) return data;
  for (const auto& [key, value] : members->items()) {
    if (value.is_string()) data[key] = value.get<std::string>();
  }
  return data;
}

// An informer of at most one object. `on_object` gets the object as it is, nullptr when it does not exist,
// first after the first list. Handlers of an informer run one after another.
std::unique_ptr<kube::Informer> WatchOne(kube::Client& client, const kube::Resource& resource,
                                         const std::string& ns, const std::string& name,
                                         const std::function<void(const kube::Json*)>& on_object) {
  kube::InformerOptions options;
  options.ns = ns;
  options.selectors.field_selector = "metadata.name=" + name;
  options.max_backoff = absl::Seconds(60);
  auto found = std::make_shared<bool>(false);
  kube::InformerHandlers handlers;
  handlers.on_add = [found, on_object](const kube::SharedObject& object) {
    *found = true;
    on_object(object.get());
  };
  handlers.on_update = [on_object](const kube::SharedObject&, const kube::SharedObject& object) {
    on_object(object.get());
  };
  handlers.on_delete = [on_object](const kube::SharedObject&) { on_object(nullptr); };
  handlers.on_synced = [found, on_object] {
    if (!*found) on_object(nullptr);
  };
  auto informer = std::make_unique<kube::Informer>(client, resource, std::move(options), std::move(handlers));
  informer->Start();
  return informer;
}

}  // namespace

Agent::Agent(AgentOptions options, kube::Client& client)
    : options_(std::move(options)),
      client_(client),
      selection_(options_.config_map_name, options_.node_name),
      pusher_(options_.timing, [this](const ConfigData& data) { return daemon_->SetConfig(data); }) {}

absl::StatusOr<std::unique_ptr<Agent>> Agent::Start(AgentOptions options, kube::Client& client) {
  std::unique_ptr<Agent> agent(new Agent(std::move(options), client));
  const AgentOptions& settings = agent->options_;
  absl::StatusOr<std::unique_ptr<Server>> server =
      Server::Start({settings.agent_socket, settings.node_name, &client,
                     [raw = agent.get()] { return raw->ConfigStatus(); }});
  if (!server.ok()) return server.status();
  agent->server_ = *std::move(server);
  agent->daemon_ = std::make_unique<DaemonClient>(
      DaemonClient::Options{settings.daemon_socket, settings.node_name, settings.timing.call_timeout,
                            [raw = agent.get()] { raw->pusher_.OnDaemonBack(); }});
  agent->thread_ = std::thread([raw = agent.get()] { raw->Run(); });
  agent->node_map_ = agent->WatchMap(agent->selection_.NodeMapName());
  agent->node_ = agent->WatchNode();
  return agent;
}

Agent::~Agent() {
  node_.reset();
  node_map_.reset();
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  if (thread_.joinable()) thread_.join();
  secondary_map_.reset();
  if (daemon_ != nullptr) daemon_->Stop();
  pusher_.Stop();
}

std::unique_ptr<kube::Informer> Agent::WatchNode() {
  return WatchOne(client_, kube::resources::kNodes, "", options_.node_name, [this](const kube::Json* node) {
    std::shared_ptr<const kube::Json> copy =
        node == nullptr ? nullptr : std::make_shared<const kube::Json>(*node);
    Post([this, copy] { OnNode(copy.get()); });
  });
}

std::unique_ptr<kube::Informer> Agent::WatchMap(const std::string& map_name) {
  return WatchOne(client_, kube::resources::kConfigMaps, options_.config_namespace, map_name,
                  [this, map_name](const kube::Json* object) {
                    std::optional<ConfigData> data;
                    if (object != nullptr) data = DataOf(*object);
                    Post([this, map_name, data] { OnMap(map_name, data); });
                  });
}

void Agent::Post(std::function<void()> event) {
  absl::MutexLock lock(&mutex_);
  events_.push_back(std::move(event));
}

void Agent::Run() {
  while (true) {
    std::function<void()> event;
    {
      absl::MutexLock lock(&mutex_);
      const auto wake = [this]()
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopped_ || !events_.empty(); };
      mutex_.Await(absl::Condition(&wake));
      if (stopped_) return;
      event = std::move(events_.front());
      events_.pop_front();
    }
    event();
  }
}

void Agent::OnNode(const kube::Json* node) {
  std::string group;
  if (node == nullptr) {
    log_.Warning(
        "node {} does not exist{}", options_.node_name,
        secondary_map_ == nullptr ? ", taken as being in no group" : ", its last group stays in effect");
    if (secondary_map_ != nullptr) return;
  } else if (const std::string* label = kube::Label(*node, options_.label_name)) {
    group = *label;
  }
  if (!selection_.SetGroup(group)) return;
  const std::string map_name = selection_.SecondaryMapName();
  log_.Info("node {} is in {}: watching {}/{}", options_.node_name,
            group.empty() ? "no group" : "group " + group, options_.config_namespace, map_name);
  secondary_map_.reset();  // what it reported and still waits in the queue is ignored by its name
  secondary_map_ = WatchMap(map_name);
}

void Agent::OnMap(const std::string& map_name, std::optional<ConfigData> data) {
  log_.Debug("ConfigMap {}/{} {}", options_.config_namespace, map_name, data ? "is there" : "does not exist");
  std::optional<Choice> choice = selection_.OnMap(map_name, std::move(data));
  if (choice) pusher_.Push(*std::move(choice));
}

}  // namespace crm::agent
