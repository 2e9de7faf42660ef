#include "daemon/options.h"

#include "base/status.h"

namespace crm::daemon {
namespace {

constexpr char kUsage[] =
    "Places containers on CPUs and memory nodes by policy. Serves the container runtime interface to the "
    "kubelet on\n"
    "--relay-socket and passes everything on to the runtime behind --runtime-socket; what a policy decides "
    "is added on\n"
    "the way. The configuration comes from, highest first: --force-config, the node agent, the last one of "
    "the agent,\n"
    "--fallback-config, built-in (policy none).\n"
    "\n"
    "Exit status: 0 clean end, 1 fatal error (one line says which), 2 bad command line.\n"
    "SIGHUP reads the --force-config file again; SIGTERM and SIGINT end the daemon, containers keep their "
    "placement.";

void StripScheme(std::string& socket) {
  if (socket.starts_with("unix://")) socket.erase(0, 7);
}

}  // namespace

FlagTable Options::Flags() {
  FlagTable table("cri-resmgr", kUsage);
  table.Add("runtime-socket", &runtime_socket, "unix socket of the container runtime")
      .Add("image-socket", &image_socket,
           "unix socket of the image service: default = the runtime's, - = none")
      .Add("relay-socket", &relay_socket, "unix socket to serve to the kubelet")
      .Add("relay-dir", &relay_dir, "directory of the state that survives restarts")
      .Add("config-socket", &config_socket,
           "unix socket to serve to the node agent; disabled or empty = none")
      .Add("agent-socket", &agent_socket,
           "unix socket of the node agent, for policies that label the node (none of those in this version)")
      .Add("fallback-config", &fallback_config, "configuration file for when nothing else is known")
      .Add("force-config", &force_config, "configuration file that overrides everything, the agent's too")
      .Add("force-config-signal", &force_config_signal,
           "signal that reads the forced file again: SIGHUP, or disabled")
      .Add("host-root", &host_root, "directory below which the host's sysfs is found")
      .Add("cgroup-mount", &cgroup_mount, "mount point of the cgroup file systems")
      .Add("pid-file", &pid_file, "file that holds the process id while the daemon serves; empty = none")
      .Add("allow-untested-runtimes", &allow_untested_runtimes,
           "accept runtimes other than containerd and CRI-O")
      .Add("metrics-interval", &metrics_interval, "metrics polling period (no effect in this version)")
      .Add("rebalance-interval", &rebalance_interval, "periodic rebalancing (no effect in this version)")
      .Add("check-config", &check_config,
           "check the --force-config or --fallback-config file against this machine and exit")
      .Add("reset-config", &reset_config, "forget the remembered configuration of the agent and exit")
      .Add("reset-policy", &reset_policy, "forget the active policy and its placements and exit")
      .Add("list-policies", &list_policies, "list the policies and exit")
      .Add("version", &version, "print the version and exit");
  return table;
}

absl::Status Options::Normalize() {
  for (std::string* socket : {&runtime_socket, &image_socket, &relay_socket, &config_socket, &agent_socket}) {
    StripScheme(*socket);
  }
  if (!force_config.empty() && !fallback_config.empty()) {
    return InvalidArgument("--force-config and --fallback-config exclude each other; give one of them");
  }
  if (runtime_socket == "-") return InvalidArgument("--runtime-socket -: a runtime is needed");
  if (!relay_socket.starts_with('/')) {
    return InvalidArgument("--relay-socket \"{}\": expected an absolute path", relay_socket);
  }
  if (force_config_signal != "SIGHUP" && !force_config_signal.empty() &&
      !force_config_signal.starts_with("disable")) {
    return InvalidArgument("--force-config-signal \"{}\": expected SIGHUP or disabled", force_config_signal);
  }
  if (config_socket == "disabled") config_socket.clear();
  return absl::OkStatus();
}

}  // namespace crm::daemon
