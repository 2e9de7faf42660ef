#pragma once

#include <string_view>

/// Every fixed path and name on the node that the installer knows, as the host sees it.
namespace crm::install {

// The kubelet's side.
inline constexpr char kKubeletUnit[] = "kubelet.service";
inline constexpr char kExtraArgsFile[] = "/var/lib/kubelet/extra_args";
inline constexpr char kControlDropIn[] = "/etc/systemd/system.control/kubelet.service.d/50-cri-resmgr.conf";
inline constexpr char kDropIn[] = "/etc/systemd/system/kubelet.service.d/50-cri-resmgr.conf";

// Our side.
inline constexpr char kUnit[] = "cri-resource-manager.service";
inline constexpr char kFailsafeUnit[] = "cri-resmgr-failsafe.service";
inline constexpr char kUnitFile[] = "/etc/systemd/system/cri-resource-manager.service";
inline constexpr char kFailsafeUnitFile[] = "/etc/systemd/system/cri-resmgr-failsafe.service";
inline constexpr char kDaemon[] = "/opt/intel/bin/cri-resmgr";
inline constexpr char kInstaller[] = "/opt/intel/bin/cri-resmgr-installer";
inline constexpr char kDefaults[] = "/etc/default/cri-resource-manager";
inline constexpr char kConfigDir[] = "/etc/cri-resmgr";
inline constexpr char kFallback[] = "/etc/cri-resmgr/fallback.cfg";
inline constexpr char kForce[] = "/etc/cri-resmgr/force.cfg";
inline constexpr char kExtraOptions[] = "/etc/cri-resmgr/EXTRA_OPTIONS.cfg";
inline constexpr char kSample[] = "/etc/cri-resmgr/fallback.cfg.sample";
inline constexpr char kJournal[] = "/etc/cri-resmgr/.installer-state.json";
inline constexpr char kFailsafeMarker[] = "/etc/cri-resmgr/.failsafe";
inline constexpr char kStateDir[] = "/var/lib/cri-resmgr";
inline constexpr char kSocketDir[] = "/var/run/cri-resmgr";
inline constexpr char kRuntimeUnit[] = "containerd.service";
/// Of gardener-node-agent: what it applied last.
inline constexpr char kAppliedConfig[] = "/var/lib/gardener-node-agent/last-applied-osc.yaml";

/// The first lines of a text file that is wholly ours.
inline constexpr std::string_view kOursComment =
    "# Written by cri-resmgr-installer. Changes do not last; `cri-resmgr-installer uninstall` removes it.\n";

}  // namespace crm::install
