#pragma once

#include "absl/status/status.h"
#include "base/fs.h"
#include "daemon/options.h"

namespace crm::daemon {

/// --reset-config and --reset-policy: forgets the remembered configuration, or the active policy with its
/// placements. Refused while a daemon runs on the state directory or serves the relay socket, which may be
/// one of the Go original. Spec 10 section 6.6.
absl::Status Reset(const Options& options);

}  // namespace crm::daemon
