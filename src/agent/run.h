#pragma once

namespace crm::agent {

/// The programs. Return the exit status: 0 clean end or help, 1 fatal error (one line on stderr), 2 bad
/// option.

/// cri-resmgr-agent: runs until SIGTERM or SIGINT. Call it first in main. Spec 50 section 2.
int RunAgent(int argc, const char* const* argv);

/// cri-resmgr-agent-probe: asks the agent's HealthCheck, with a deadline of 1 s. Spec 50 section 8.
int RunProbe(int argc, const char* const* argv);

}  // namespace crm::agent
