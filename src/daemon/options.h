#pragma once

#include <string>

#include "absl/time/time.h"
#include "base/flags.h"

namespace crm::daemon {

/// The command line of cri-resmgr, with its defaults (spec 10 section 2.2).
struct Options {
  std::string host_root;
  std::string runtime_socket = "/var/run/containerd/containerd.sock";
  std::string image_socket = "default";
  std::string relay_socket = "/var/run/cri-resmgr/cri-resmgr.sock";
  std::string relay_dir = "/var/lib/cri-resmgr";
  std::string config_socket = "/var/run/cri-resmgr/cri-resmgr-config.sock";
  std::string agent_socket = "/var/run/cri-resmgr/cri-resmgr-agent.sock";
  std::string pid_file = "/var/run/cri-resmgr.pid";
  std::string fallback_config;
  std::string force_config;
  std::string force_config_signal = "SIGHUP";
  std::string cgroup_mount = "/sys/fs/cgroup";
  bool allow_untested_runtimes = false;
  bool reset_config = false;
  bool reset_policy = false;
  bool list_policies = false;
  bool check_config = false;
  bool version = false;
  absl::Duration metrics_interval;
  absl::Duration rebalance_interval;

  /// The table that parses into this object and describes each option.
  FlagTable Flags();
  /// Contradictions between options; spellings such as "unix://" are put into their plain form.
  absl::Status Normalize();
};

}  // namespace crm::daemon
