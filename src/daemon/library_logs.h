#pragma once

namespace crm::daemon {

/// Sends what gRPC says to the log source `grpc`, each text once a minute. Call it before gRPC is used.
/// Spec 10 section 1.1.
void CaptureLibraryLogs();

}  // namespace crm::daemon
