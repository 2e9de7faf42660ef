#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crm::install {

/// What the strategies have to know about the kubelet's unit, read from its files. A plain value; paths are
/// the host's. Our own drop-ins are left out: a strategy judges the unit as it is without us.
struct KubeletUnit {
  std::string fragment_path;  ///< "/etc/systemd/system/kubelet.service"
  bool fragment_is_symlink = false;
  std::string fragment_text;
  std::vector<std::string> commands;           ///< ExecStart= in effect
  std::vector<std::string> environment_files;  ///< EnvironmentFile= in effect, without the leading '-'
  std::string extra_args;                      ///< KUBELET_EXTRA_ARGS of Environment= in effect, "" none
  /// The last environment file in effect that assigns KUBELET_EXTRA_ARGS now, "" none: systemd lets it win
  /// over Environment=.
  std::string extra_args_file;

  /// Whether the command has $KUBELET_EXTRA_ARGS as a word of its own, which systemd splits at blanks.
  bool UsesExtraArgs() const;
  bool ReadsFile(std::string_view path) const;
};

inline constexpr std::string_view kExtraArgsName = "KUBELET_EXTRA_ARGS";
/// Our drop-ins of the kubelet's unit are called so, in whichever folder.
inline constexpr std::string_view kDropInName = "50-cri-resmgr.conf";

/// `drop_ins`: path -> text, of any folder; their order is that of their file names, as systemd has it.
/// `read` gives the text of an environment file, nullopt when there is none.
KubeletUnit DescribeKubeletUnit(std::string fragment_path, bool is_symlink, std::string fragment_text,
                                const std::map<std::string, std::string>& drop_ins,
                                const std::function<std::optional<std::string>(const std::string&)>& read);

}  // namespace crm::install
