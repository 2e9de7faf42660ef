#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace crm::install {

/// What the installation script of the Go original did to kubelet.service, line by line: on installation it
/// deletes every line with the word containerd (the endpoint, but also --runtime-cgroups and a node label)
/// and adds an endpoint flag; on removal it adds After=containerd.service and renames the socket in that
/// flag. We never do this to a unit; we need to know it to undo it. Pure. Spec 61 section 4.3.
std::string GoOriginalInstall(std::string_view unit);
std::string GoOriginalUninstall(std::string_view unit);

/// Whether `unit` shows traces of these edits: the flag as the script writes it, alone on a line.
bool EditedByGoOriginal(std::string_view unit);

/// Whether any number of installations and removals turn `original` into `unit`: then `original` is what
/// stood there before the Go original came.
bool ExplainedByGoOriginal(std::string_view original, std::string_view unit);

/// The best guess at the unit before the Go original where nothing tells it: its flag line becomes the
/// runtime's endpoint and After=containerd.service is there once. What else it deleted stays lost.
std::string GuessBeforeGoOriginal(std::string_view unit);

/// The text of kubelet.service in the OperatingSystemConfig that gardener-node-agent applied last
/// (/var/lib/gardener-node-agent/last-applied-osc.yaml); nullopt when it has none.
std::optional<std::string> KubeletUnitOfAppliedConfig(const std::string& yaml);

}  // namespace crm::install
