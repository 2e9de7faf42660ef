#pragma once

#include <string_view>

/// Every fixed path and name on the node that the installer knows, as the host sees it.
namespace crm::install {

// The kubelet's side.
inline constexpr char kKubeletUnit[] = "kubelet.service";
inline constexpr char kExtraArgsFile[] = "/var/lib/kubelet/extra_args";
inline constexpr char kControlDropIn[] = "/etc/systemd/system.control/kubelet.service.d/50-cri-resmgr.conf";
inline constexpr char kDropIn[] = "/etc/systemd/system/kubelet.service.d/50-cri-resmgr.conf";

/// The first lines of a text file that is wholly ours.
inline constexpr std::string_view kOursComment =
    "# Written by cri-resmgr-installer. Changes do not last; `cri-resmgr-installer uninstall` removes it.\n";

}  // namespace crm::install
