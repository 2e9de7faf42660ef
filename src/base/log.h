#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fmt/core.h"

namespace crm {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kFatal };

/// How lines look. kKlog: "I: [ source ] message", what queries of the daemon's users expect (spec 10 section
/// 10). kJson: one object a line with level, ts, logger, msg and the fields (spec 60 section 3.1).
enum class LogFormat { kKlog, kText, kJson };

/// Key and value pairs that a JSON line shows as members and the others as key=value.
using LogFields = std::vector<std::pair<std::string_view, std::string>>;

/// A named source of log lines. Cheap to copy, thread-safe. Lines go to stderr, whole (one write each).
class Logger {
 public:
  explicit Logger(std::string source);

  bool DebugEnabled() const;
  void Log(LogLevel level, std::string_view message, const LogFields& fields = {}) const;

  template <typename... Args>
  void Debug(fmt::format_string<Args...> format, Args&&... args) const {
    if (DebugEnabled()) Log(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void Info(fmt::format_string<Args...> format, Args&&... args) const {
    Log(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void Warning(fmt::format_string<Args...> format, Args&&... args) const {
    Log(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void Error(fmt::format_string<Args...> format, Args&&... args) const {
    Log(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  std::shared_ptr<const std::string> source_;
};

/// Sets the process's format and least level. Call it at start, before threads exist.
void ConfigureLogging(LogFormat format, LogLevel least);

/// Switches debug lines by source: "*" all, "a,b" these, "" none. Thread-safe.
void SetDebugSources(std::string_view sources);

}  // namespace crm
