#include "daemon/options.h"

#include "base/status.h"
#include "daemon/signals.h"

namespace crm::daemon {
namespace {

constexpr char kUsage[] =
    "       cri-resmgr help|config-help [PATTERN...]\n"
    "\n"
    "Places containers on CPUs and memory nodes by policy. Serves the container runtime interface to the "
    "kubelet on\n"
    "--relay-socket and passes everything on to the runtime behind --runtime-socket; what a policy decides "
    "is added on\n"
    "the way. The configuration comes from, highest first: --force-config, the node agent, the last one of "
    "the agent,\n"
    "--fallback-config, built-in (policy none). `help` describes its keys; PATTERN is a section (policy, "
    "rdt), the end\n"
    "of one (.page-migration) or its beginning (policy.).\n"
    "\n"
    "Exit status: 0 clean end, information given, or reset done; 1 fatal error (one line says which) or "
    "unknown words;\n"
    "2 wrong options.\n"
    "SIGTERM and SIGINT end the daemon, containers keep their placement. SIGUSR1 shows debug messages of "
    "all sources, or\n"
    "stops to. --force-config-signal (SIGHUP) reads the --force-config file again; SIGHUP does nothing "
    "otherwise.\n"
    "Environment: LOGGER_DEBUG=[on:|off:]SOURCE,... and LOGGER_<OPTION> for the options under Log; "
    "HTTP_ENDPOINT,\n"
    "PROMETHEUS_EXPORT, REPORT_PERIOD, SAMPLING_FREQUENCY, JAEGER_COLLECTOR, JAEGER_AGENT are defaults of "
    "the section\n"
    "instrumentation. With JOURNAL_STREAM, lines have no header.";

constexpr char kNoEffect[] = "no effect in this version";

void StripScheme(std::string& socket) {
  if (socket.starts_with("unix://")) socket.erase(0, 7);
}

std::string NoEffect(const char* help) { return fmt::format("{} ({})", help, kNoEffect); }

}  // namespace

FlagTable Options::Flags() {
  FlagTable table(program, kUsage);
  table.Heading("Sockets and runtime")
      .Add("runtime-socket", &runtime_socket, "unix socket of the container runtime")
      .Add("image-socket", &image_socket,
           "unix socket of the image service: default = the runtime's, - = none")
      .Add("relay-socket", &relay_socket, "unix socket to serve to the kubelet")
      .Add("config-socket", &config_socket,
           "unix socket to serve to the node agent; disabled or empty = none")
      .Add("agent-socket", &agent_socket,
           "unix socket of the node agent, for policies that label the node (none of those in this version)")
      .Add("allow-untested-runtimes", &allow_untested_runtimes,
           "accept runtimes other than containerd and CRI-O")
      .Heading("Configuration")
      .Add("fallback-config", &fallback_config, "configuration file for when nothing else is known")
      .Add("force-config", &force_config, "configuration file that overrides everything, the agent's too")
      .Add("force-config-signal", &force_config_signal,
           "signal that reads the forced file again: SIGHUP, SIGUSR2, ...; disabled or empty = none")
      .Add("disable-policy-switch", &disable_policy_switch,
           "refuse configurations with another policy than the one that placed the containers")
      .Add("check-config", &check_config,
           "check the --force-config or --fallback-config file against this machine and exit")
      .Add("print-config", &print_config, "print the default configuration and exit")
      .Heading("State")
      .Add("relay-dir", &relay_dir, "directory of the state that survives restarts")
      .Add("reset-config", &reset_config, "forget the remembered configuration of the agent and exit")
      .Add("reset-policy", &reset_policy, "forget the active policy and its placements and exit")
      .Add("pid-file", &pid_file, "file that holds the process id while the daemon serves; empty = none")
      .Heading("Machine")
      .Add("host-root", &host_root, "directory below which the host's sysfs is found")
      .Add("cgroup-mount", &cgroup_mount, "mount point of the cgroup file systems")
      .Heading("Information")
      .Add("list-policies", &list_policies, "list the policies and exit")
      .Add("version", &version, "print the version and exit")
      .Heading("Log");
  log->AddTo(table);
  table.Heading("Accepted for compatibility")
      .Add("kubelet-cgroup-root", &kubelet_cgroup_root,
           "the kubelet's --cgroup-root; any is understood without saying it")
      .Add("metrics-interval", &metrics_interval, NoEffect("metrics polling period"))
      .Add("rebalance-interval", &rebalance_interval, NoEffect("period of rebalancing"))
      .Add("disable-ui", &disable_ui, NoEffect("serve no web page"))
      .Add("external-visualizers", &external_visualizers, NoEffect("directories of further web pages"))
      .Add("cgroup-v2-dir", &cgroup_v2_dir, NoEffect("unified hierarchy of hybrid systems"))
      .Add("cgroup-path", &cgroup_path, NoEffect("cgroup root of the statistics collector"))
      .Add("bpf-install-path", &bpf_install_path, NoEffect("directory of the AVX512 collector"));
  return table;
}

std::vector<std::string> Options::WithoutEffect() const {
  const Options defaults;
  std::vector<std::string> names;
  const auto note = [&](const char* name, bool given) {
    if (given) names.push_back(name);
  };
  note("--agent-socket", agent_socket != defaults.agent_socket);
  note("--kubelet-cgroup-root", kubelet_cgroup_root != defaults.kubelet_cgroup_root);
  note("--metrics-interval", metrics_interval != defaults.metrics_interval);
  note("--rebalance-interval", rebalance_interval != defaults.rebalance_interval);
  note("--disable-ui", disable_ui);
  note("--external-visualizers", external_visualizers != defaults.external_visualizers);
  note("--cgroup-v2-dir", cgroup_v2_dir != defaults.cgroup_v2_dir);
  note("--cgroup-path", cgroup_path != defaults.cgroup_path);
  note("--bpf-install-path", bpf_install_path != defaults.bpf_install_path);
  const std::vector<std::string> of_log = log->WithoutEffect();
  names.insert(names.end(), of_log.begin(), of_log.end());
  return names;
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
  CRM_ASSIGN_OR_RETURN(reload_signal, ReloadSignal(force_config_signal));
  if (config_socket == "disabled") config_socket.clear();
  return absl::OkStatus();
}

}  // namespace crm::daemon
