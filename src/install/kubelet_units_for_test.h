#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "install/kubelet_unit.h"

/// Units of kubelets as they are found on machines.
namespace crm::install {

/// The shape that Gardener gives it: flags over many lines, KUBELET_EXTRA_ARGS from a file, at the end.
inline constexpr char kGardenerUnit[] = R"([Unit]
Description=kubelet daemon
Documentation=https://kubernetes.io/docs/admin/kubelet
After=containerd.service
[Install]
WantedBy=multi-user.target
[Service]
Restart=always
RestartSec=5
EnvironmentFile=/etc/environment
EnvironmentFile=-/var/lib/kubelet/extra_args
ExecStart=/opt/bin/kubelet \
    --bootstrap-kubeconfig=/var/lib/kubelet/kubeconfig-bootstrap \
    --config=/var/lib/kubelet/config/kubelet \
    --kubeconfig=/var/lib/kubelet/kubeconfig-real \
    --node-labels=worker.gardener.cloud/cri-name=containerd \
    --container-runtime-endpoint=unix:///run/containerd/containerd.sock \
    --runtime-cgroups=/system.slice/containerd.service \
    --v=2 $KUBELET_EXTRA_ARGS
)";

/// What kubeadm's package installs: a drop-in states the command, a defaults file assigns KUBELET_EXTRA_ARGS.
inline constexpr char kKubeadmUnit[] = R"([Unit]
Description=kubelet: The Kubernetes Node Agent
[Service]
ExecStart=/usr/bin/kubelet
Restart=always
)";
inline constexpr char kKubeadmDropIn[] = R"([Service]
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_CONFIG_ARGS $KUBELET_EXTRA_ARGS
)";

inline KubeletUnit UnitForTest(std::string text, std::map<std::string, std::string> drop_ins = {},
                               std::map<std::string, std::string> files = {}, bool symlink = false) {
  return DescribeKubeletUnit("/etc/systemd/system/kubelet.service", symlink, std::move(text), drop_ins,
                             [&](const std::string& path) -> std::optional<std::string> {
                               const auto it = files.find(path);
                               return it == files.end() ? std::nullopt : std::optional(it->second);
                             });
}

}  // namespace crm::install
