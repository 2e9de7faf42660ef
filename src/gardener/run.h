#pragma once

#include <string>
#include <vector>

namespace crm::gardener {

/// The program gardener-extension-cri-resmgr: from its command line to SIGTERM. The exit status: 0 after a
/// signal or help, 1 when it can not start.
int RunExtension(const std::vector<std::string>& words);

}  // namespace crm::gardener
