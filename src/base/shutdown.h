#pragma once

namespace crm {

/// Blocks SIGTERM, SIGINT and SIGHUP in the calling thread and all threads it starts later. Call it first in
/// main.
void BlockShutdownSignals();

/// Waits for one of these signals and returns its number. A second SIGTERM or SIGINT after the first one ends
/// the process with status 1 at once, so that a hanging shutdown can be cut short.
int WaitForSignal();

}  // namespace crm
