#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/flags.h"
#include "daemon/log_options.h"

namespace crm::daemon {

/// The command line of cri-resmgr, with its defaults (spec 10 section 2.2).
struct Options {
  std::string program = "cri-resmgr";  ///< as it was called

  std::string runtime_socket = "/var/run/containerd/containerd.sock";
  std::string image_socket = "default";
  std::string relay_socket = "/var/run/cri-resmgr/cri-resmgr.sock";
  std::string config_socket = "/var/run/cri-resmgr/cri-resmgr-config.sock";
  std::string agent_socket = "/var/run/cri-resmgr/cri-resmgr-agent.sock";
  bool allow_untested_runtimes = false;

  std::string relay_dir = "/var/lib/cri-resmgr";
  std::string pid_file = "/var/run/cri-resmgr.pid";
  bool reset_config = false;
  bool reset_policy = false;

  std::string fallback_config;
  std::string force_config;
  std::string force_config_signal = "SIGHUP";
  bool disable_policy_switch = false;

  std::string host_root;
  std::string cgroup_mount = "/sys/fs/cgroup";

  bool print_config = false;
  bool check_config = false;
  bool list_policies = false;
  bool version = false;

  // Accepted and without effect: see WithoutEffect().
  std::string cgroup_v2_dir = "/sys/fs/cgroup/unified";
  std::string kubelet_cgroup_root;
  std::string cgroup_path = "/sys/fs/cgroup";
  std::string bpf_install_path = "/usr/libexec/bpf";
  std::string external_visualizers;
  bool disable_ui = false;
  absl::Duration metrics_interval;
  absl::Duration rebalance_interval;

  std::unique_ptr<LogOptions> log = std::make_unique<LogOptions>();
  int reload_signal = 0;  ///< filled in by Normalize, 0 for none

  /// The table that parses into this object and describes each option.
  FlagTable Flags();
  /// Contradictions between options; spellings such as "unix://" are put into their plain form.
  absl::Status Normalize();
  /// Options that were given and that this version accepts without effect.
  std::vector<std::string> WithoutEffect() const;
};

}  // namespace crm::daemon
