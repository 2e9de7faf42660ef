#include <csignal>
#include <cstdlib>
#include <string>

#include "agent/agent.h"
#include "agent/logging_flags.h"
#include "agent/run.h"
#include "base/flags.h"
#include "base/log.h"
#include "base/shutdown.h"
#include "base/status.h"
#include "base/version.h"
#include "kube/config.h"

namespace crm::agent {

int RunAgent(int argc, const char* const* argv) {
  BlockShutdownSignals();
  AgentOptions options;
  std::string kubeconfig;
  LoggingFlags logging;
  FlagTable flags(
      "cri-resmgr-agent",
      "Pushes the node's configuration from ConfigMaps to cri-resmgr, and serves it the node object.\n"
      "The environment variable NODE_NAME holds the name of the Kubernetes node.");
  flags.Add("agent-socket", &options.agent_socket, "socket to serve")
      .Add("cri-resmgr-socket", &options.daemon_socket, "configuration socket of cri-resmgr to connect to")
      .Add("kubeconfig", &kubeconfig, "kubeconfig file; empty for the service account of the pod")
      .Add("config-ns", &options.config_namespace, "namespace of the ConfigMaps")
      .Add("configmap-name", &options.config_map_name, "beginning of the ConfigMaps' names")
      .Add("label-name", &options.label_name, "node label that names the configuration group")
      .Add("push-delay", &options.timing.delay,
           "quiet time after the last change before a configuration is pushed");
  logging.AddTo(flags);
  switch (flags.Parse(argc, argv)) {
    case FlagTable::Outcome::kHelp:
      return 0;
    case FlagTable::Outcome::kBad:
      return 2;
    case FlagTable::Outcome::kRun:
      break;
  }
  logging.Apply();

  const Logger log("resource-manager-agent");
  const auto fatal = [&](std::string_view message) {
    log.Log(LogLevel::kFatal, message);
    return 1;
  };
  const char* node_name = std::getenv("NODE_NAME");
  if (node_name == nullptr || *node_name == '\0') {
    return fatal(
        "node name not set, expected the Kubernetes node's name in the environment variable NODE_NAME");
  }
  options.node_name = node_name;
  absl::StatusOr<kube::ClientConfig> config =
      kubeconfig.empty() ? kube::InClusterConfig() : kube::LoadKubeconfig(kubeconfig);
  if (!config.ok()) return fatal(Message(config.status()));
  config->user_agent = fmt::format("cri-resmgr-agent/{}", Version());
  const absl::StatusOr<std::unique_ptr<kube::Client>> client = kube::Client::Create(*std::move(config));
  if (!client.ok()) return fatal(Message(client.status()));

  log.Info("cri-resmgr-agent {} on node {}, serving {}", Version(), options.node_name, options.agent_socket);
  absl::StatusOr<std::unique_ptr<Agent>> agent = Agent::Start(std::move(options), **client);
  if (!agent.ok()) return fatal(Message(agent.status()));
  int signal = WaitForSignal();
  while (signal == SIGHUP) signal = WaitForSignal();  // there is nothing to reload: everything is watched
  log.Info("stopping on signal {}", signal);
  return 0;
}

}  // namespace crm::agent
