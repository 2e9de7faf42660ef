#include "daemon/reset.h"

#include "base/log.h"
#include "base/status.h"
#include "base/unix_socket.h"
#include "daemon/instance.h"
#include "state/store.h"

namespace crm::daemon {

absl::Status Reset(const Options& options) {
  const Logger log("resource-manager");
  FileSystem& fs = RealFileSystem();
  Instance instance;
  CRM_RETURN_IF_ERROR(Annotate(instance.Claim(options.relay_dir), "refusing to reset"));
  CRM_RETURN_IF_ERROR(
      Annotate(ProbeSocketPath(fs, options.relay_socket), "refusing to reset: another instance runs"));
  state::Store store(fs, {options.relay_dir});
  CRM_ASSIGN_OR_RETURN(state::Store::Loaded loaded, store.Load(TimeStamp()));
  if (!loaded.notice.empty()) log.Error("{}", loaded.notice);
  if (options.reset_policy) {
    loaded.state.policy.clear();
    loaded.state.grants.clear();
    for (auto& [id, record] : loaded.state.containers) {
      record.assignment = {};
      record.reason = {};
    }
  }
  if (options.reset_config) loaded.state.config.reset();
  CRM_RETURN_IF_ERROR(store.Save(loaded.state));
  if (options.reset_policy) log.Info("the active policy and its placements are forgotten");
  if (options.reset_config) log.Info("the remembered configuration is forgotten");
  return absl::OkStatus();
}

}  // namespace crm::daemon
