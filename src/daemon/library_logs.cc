#include "daemon/library_logs.h"

#include <grpc/support/log.h>

#include "base/rate_limited_logger.h"

namespace crm::daemon {
namespace {

void Write(gpr_log_func_args* args) {
  static auto* const log = new RateLimitedLogger(Logger("grpc"), {});
  switch (args->severity) {
    case GPR_LOG_SEVERITY_DEBUG:
      log->Log(LogLevel::kDebug, args->message);
      return;
    case GPR_LOG_SEVERITY_INFO:
      log->Log(LogLevel::kInfo, args->message);
      return;
    case GPR_LOG_SEVERITY_ERROR:
      log->Log(LogLevel::kError, args->message);
      return;
  }
}

}  // namespace

void CaptureLibraryLogs() { gpr_set_log_function(Write); }

}  // namespace crm::daemon
