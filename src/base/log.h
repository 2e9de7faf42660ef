#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "fmt/core.h"

namespace crm {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kFatal };

/// How lines look. kKlog: "I: [ source ] message", what queries of the daemon's users expect (spec 10 section
/// 10; base/log_settings.h says more). kJson: one object a line with level, ts, logger, msg and the fields
/// (spec 60 section 3.1).
enum class LogFormat { kKlog, kText, kJson };

/// Key and value pairs that a JSON line shows as members and the others as key=value.
using LogFields = std::vector<std::pair<std::string_view, std::string>>;

/// A format string and the place it stands at, which klog headers show. Made by the compiler.
template <typename... Args>
struct LocatedFormat {
  template <typename Text>
  consteval LocatedFormat(const Text& text, const char* where = __builtin_FILE(), int at = __builtin_LINE())
      : format(text), file(where), line(at) {}

  fmt::format_string<Args...> format;
  const char* file;
  int line;
};

/// A named source of log lines. Cheap to copy, thread-safe. Lines go to stderr, whole (one write each).
class Logger {
 public:
  explicit Logger(std::string source);

  bool DebugEnabled() const;
  void Log(LogLevel level, std::string_view message, const LogFields& fields = {},
           const char* file = __builtin_FILE(), int line = __builtin_LINE()) const;

  template <typename... Args>
  using Format = LocatedFormat<std::type_identity_t<Args>...>;

  template <typename... Args>
  void Debug(Format<Args...> text, Args&&... args) const {
    if (DebugEnabled()) Write(LogLevel::kDebug, text, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void Info(Format<Args...> text, Args&&... args) const {
    Write(LogLevel::kInfo, text, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void Warning(Format<Args...> text, Args&&... args) const {
    Write(LogLevel::kWarning, text, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void Error(Format<Args...> text, Args&&... args) const {
    Write(LogLevel::kError, text, std::forward<Args>(args)...);
  }

 private:
  template <typename... Args>
  void Write(LogLevel level, Format<Args...> text, Args&&... args) const {
    Log(level, fmt::format(text.format, std::forward<Args>(args)...), {}, text.file, text.line);
  }

  std::shared_ptr<const std::string> source_;
};

/// Sets the process's format and least level. Call it at start, before threads exist.
void ConfigureLogging(LogFormat format, LogLevel least);

/// Switches debug lines by source: "*" all, "a,b" these, "" none. Thread-safe.
void SetDebugSources(std::string_view sources);

}  // namespace crm
