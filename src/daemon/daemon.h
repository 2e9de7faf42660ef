#pragma once

#include <string>
#include <vector>

#include "daemon/options.h"

namespace crm::daemon {

/// Runs cri-resmgr until a signal ends it, or does the one thing that an option such as --list-policies asks
/// for. `words` stand after the options. Returns the exit status. BlockShutdownSignals() was called before.
/// Order: spec 10 section 1.1.
int Run(Options options, const std::vector<std::string>& words);

}  // namespace crm::daemon
