#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "base/log_settings.h"

namespace crm {

/// One message before it becomes lines.
struct LogMessage {
  LogLevel level = LogLevel::kInfo;
  std::string_view source;
  std::string_view text;
  const char* file = "";
  int line = 0;
  absl::Time time;
};

/// The lines of a message in klog's format, without the newline at the end; a text of several lines gives as
/// many. `longest_source` is what the source is centred to. Spec 10 section 10.1.
std::string KlogLines(const LogMessage& message, const LogSettings& settings, size_t longest_source,
                      int process);

}  // namespace crm
