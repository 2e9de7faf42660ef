#include "daemon/daemon.h"

#include <csignal>
#include <cstdio>
#include <memory>
#include <utility>

#include "base/fs.h"
#include "base/log.h"
#include "base/log_settings.h"
#include "base/status.h"
#include "base/version.h"
#include "config/compile.h"
#include "config/environment.h"
#include "daemon/inform.h"
#include "daemon/instance.h"
#include "daemon/library_logs.h"
#include "daemon/reset.h"
#include "daemon/service_manager.h"
#include "daemon/signals.h"
#include "doors/config/config_server.h"
#include "doors/cri/policy_calls.h"
#include "doors/cri/proxy.h"
#include "enforce/cgroup.h"
#include "engine/engine.h"
#include "fmt/ranges.h"
#include "hardware/machine.h"
#include "policies/none/none.h"
#include "policies/topology_aware/topology_aware.h"

namespace crm::daemon {
namespace {

const Logger& Log() {
  static const auto* logger = new Logger("resource-manager");
  return *logger;
}

constexpr absl::Duration kGrace = absl::Seconds(10);

placement::PolicyRegistry Policies() {
  placement::PolicyRegistry registry;
  policies::none::Register(registry);
  policies::topology_aware::Register(registry);
  return registry;
}

absl::StatusOr<std::optional<std::string>> ReadConfig(const std::string& path) {
  if (path.empty()) return std::nullopt;
  CRM_ASSIGN_OR_RETURN(std::string text, RealFileSystem().Read(path));
  return text;
}

// Waits for the runtime: at boot it may come up after us.
absl::StatusOr<enforce::RuntimeVersion> AwaitRuntime(enforce::Runtime& runtime, const Options& options) {
  for (bool told = false;; told = true) {
    absl::StatusOr<enforce::RuntimeVersion> version = runtime.Version();
    if (version.ok() ||
        !(absl::IsUnavailable(version.status()) || absl::IsDeadlineExceeded(version.status())))
      return version;
    if (!told)
      Log().Info("waiting for the runtime on {}: {}", options.runtime_socket, Message(version.status()));
    sigset_t pending;
    sigpending(&pending);
    if (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1) {
      return absl::CancelledError("ended while waiting for the runtime");
    }
    absl::SleepFor(absl::Seconds(1));
  }
}

absl::Status CheckRuntime(const enforce::RuntimeVersion& version, bool allow_untested) {
  Log().Info("runtime {} {}", version.name, version.version);
  if (version.name.starts_with("containerd") || version.name.starts_with("cri-o")) return absl::OkStatus();
  if (allow_untested) {
    Log().Warning("runtime {} is untested", version.name);
    return absl::OkStatus();
  }
  return FailedPrecondition(
      "resource-manager: rejecting untested runtime {}, use --allow-untested-runtimes to allow it",
      version.name);
}

absl::Status CheckConfig(const Options& options) {
  const std::string& path = options.force_config.empty() ? options.fallback_config : options.force_config;
  CRM_ASSIGN_OR_RETURN(std::optional<std::string> text, ReadConfig(path));
  if (!text) return InvalidArgument("--check-config needs --force-config or --fallback-config");
  const crm::config::Compiled compiled = crm::config::CompileText(*text);
  for (const crm::config::Finding& finding : compiled.findings) std::puts(finding.ToString().c_str());
  CRM_RETURN_IF_ERROR(Annotate(compiled.status(), path));
  CRM_ASSIGN_OR_RETURN(hardware::Machine machine, hardware::Discover({options.host_root}));
  const auto read_cgroup = [&](const std::string& directory) {
    return enforce::ReadCgroupCpus(RealFileSystem(), options.cgroup_mount, directory);
  };
  CRM_RETURN_IF_ERROR(Annotate(Policies().Create(machine, compiled.plan, read_cgroup).status(), path));
  std::puts((path + ": can be put in force on this machine").c_str());
  return absl::OkStatus();
}

void Reload(const Options& options, engine::Engine& engine) {
  absl::StatusOr<std::optional<std::string>> text = ReadConfig(options.force_config);
  if (!text.ok()) {
    Log().Error("{}; the old configuration stays in force", Message(text.status()));
    return;
  }
  engine.ConfigureForced(text->value_or(""), [](const absl::Status&) {});
}

// The main thread from here on: signals, and the heartbeat that the service manager may want. Returns when
// the daemon has to end.
void HandleSignals(const Options& options, const Signals& signals, const ServiceManager& manager,
                   engine::Engine& engine) {
  bool told = false;
  while (true) {
    switch (signals.Wait(manager.WatchdogInterval())) {
      case Signals::Event::kTimeout:
        // Alive is who still takes events.
        engine.Inspect([](const engine::World&) {});
        manager.Alive();
        break;
      case Signals::Event::kReload:
        if (!options.force_config.empty()) {
          Reload(options, engine);
          break;
        }
        [[fallthrough]];
      case Signals::Event::kIgnored:
        if (!std::exchange(told, true)) {
          Log().Info(
              "signal ignored: there is no forced configuration to read again, or another signal does");
        }
        break;
      case Signals::Event::kToggleDebug:
        Log().Warning("forced full debugging is now {}...", ToggleForcedDebug() ? "on" : "off");
        break;
      case Signals::Event::kEnd:
        return;
    }
  }
}

void NoteEnvironment(const Options& options, const crm::config::EnvironmentDefaults& environment) {
  for (const std::string& error : environment.errors) Log().Error("{}", error);
  for (const std::string& error : options.log->errors()) Log().Error("{}", error);
  const std::vector<std::string> idle = options.WithoutEffect();
  if (!idle.empty()) Log().Info("options without effect in this version: {}", fmt::join(idle, ", "));
}

absl::Status Serve(const Options& options, const crm::config::Plan& defaults) {
  const Signals signals(options.reload_signal);
  const ServiceManager manager;
  Instance instance;
  CRM_RETURN_IF_ERROR(instance.Claim(options.relay_dir));
  CRM_ASSIGN_OR_RETURN(std::optional<std::string> forced, ReadConfig(options.force_config));
  CRM_ASSIGN_OR_RETURN(std::optional<std::string> fallback, ReadConfig(options.fallback_config));
  CRM_ASSIGN_OR_RETURN(hardware::Machine machine, hardware::Discover({options.host_root}));
  Log().Info("machine: CPUs {}, {} memory nodes, {} packages{}", machine.online.ToString(),
             machine.nodes.size(), machine.packages.size(),
             machine.isolated.empty() ? "" : ", isolated " + machine.isolated.ToString());
  const placement::PolicyRegistry policies = Policies();
  state::Store store(RealFileSystem(), {options.relay_dir});
  const std::unique_ptr<enforce::Runtime> runtime = enforce::ConnectCriRuntime({options.runtime_socket});
  CRM_ASSIGN_OR_RETURN(enforce::RuntimeVersion version, AwaitRuntime(*runtime, options));
  CRM_RETURN_IF_ERROR(CheckRuntime(version, options.allow_untested_runtimes));

  engine::EngineOptions engine_options;
  engine_options.runtime = runtime.get();
  engine_options.world.machine = std::move(machine);
  engine_options.world.registry = &policies;
  engine_options.world.store = &store;
  engine_options.world.forced_config = std::move(forced);
  engine_options.world.fallback_config = std::move(fallback);
  engine_options.world.defaults = defaults;
  engine_options.world.disable_policy_switch = options.disable_policy_switch;
  engine_options.world.on_configured = [&options](const crm::config::Plan& plan) {
    ApplyLogging(*options.log, plan);
  };
  engine_options.world.read_cgroup = [&](const std::string& directory) {
    return enforce::ReadCgroupCpus(RealFileSystem(), options.cgroup_mount, directory);
  };
  engine::Engine engine(std::move(engine_options));
  CRM_RETURN_IF_ERROR(engine.Start(TimeStamp()));

  doors::cri::ProxyOptions proxy_options;
  proxy_options.relay_socket = options.relay_socket;
  proxy_options.runtime_socket = options.runtime_socket;
  proxy_options.image_socket = options.image_socket;
  proxy_options.hooks = doors::cri::PolicyCalls(engine);
  proxy_options.on_runtime_connected = [&engine] { engine.RuntimeConnected(); };
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<doors::cri::Proxy> proxy,
                       doors::cri::Proxy::Start(std::move(proxy_options)));
  CRM_RETURN_IF_ERROR(instance.WritePidFile(options.pid_file));
  std::unique_ptr<doors::config::ConfigServer> config_server;
  if (options.force_config.empty() && !options.config_socket.empty()) {
    CRM_ASSIGN_OR_RETURN(config_server, doors::config::ConfigServer::Start(options.config_socket, engine));
  }
  Log().Info("up and running, serving {}", options.relay_socket);
  manager.Ready(fmt::format("serving {}", options.relay_socket));

  HandleSignals(options, signals, manager, engine);
  Log().Info("ending; containers keep their placement");
  manager.Stopping();
  config_server.reset();
  proxy->Stop(kGrace);
  engine.Stop();
  return absl::OkStatus();
}

}  // namespace

int Run(Options options, const std::vector<std::string>& words) {
  KnowLogSources({"resource-manager", "resource-control"});  // the longest ones: lines stay aligned
  const crm::config::EnvironmentDefaults environment = crm::config::ReadEnvironment();
  if (const std::optional<std::string> text = Inform(options, words, Policies())) {
    return std::fputs(text->c_str(), stdout) >= 0 && std::fflush(stdout) == 0 ? 0 : 1;
  }
  ApplyLogging(*options.log, environment.plan);
  if (!words.empty()) {
    Log().Error("unknown command line arguments: {}", fmt::join(words, ","));
    Options defaults;
    defaults.program = options.program;
    std::fputs(defaults.Flags().Help().c_str(), stderr);
    return 1;
  }
  CaptureLibraryLogs();
  absl::Status status = options.Normalize();
  if (status.ok()) {
    if (options.check_config) {
      status = CheckConfig(options);
    } else if (options.reset_config || options.reset_policy) {
      status = Reset(options);
    } else {
      Log().Info("{} {} (build {}) starts", options.program, Version(), BuildId());
      NoteEnvironment(options, environment);
      status = Serve(options, environment.plan);
    }
  }
  if (status.ok()) return 0;
  if (absl::IsCancelled(status)) {
    Log().Info("{}", Message(status));
    return 0;
  }
  Log().Log(LogLevel::kFatal, Message(status));
  return 1;
}

}  // namespace crm::daemon
