#pragma once

#include "daemon/options.h"

namespace crm::daemon {

/// Runs cri-resmgr until a signal ends it, or does the one thing that an option such as --list-policies asks
/// for. Returns the exit status. BlockShutdownSignals() was called before. Order: spec 10 section 1.1.
int Run(Options options);

}  // namespace crm::daemon
