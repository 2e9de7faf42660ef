#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <set>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fmt/format.h"

namespace crm {
namespace {

struct State {
  absl::Mutex mutex;
  LogFormat format ABSL_GUARDED_BY(mutex) = LogFormat::kKlog;
  LogLevel least ABSL_GUARDED_BY(mutex) = LogLevel::kInfo;
  std::set<std::string, std::less<>> debug ABSL_GUARDED_BY(mutex);
  std::atomic<bool> any_debug = false;
  std::shared_ptr<spdlog::logger> out;
};

State& Global() {
  static auto* state = [] {
    auto* created = new State;  // never destroyed: lines may come until the process ends
    created->out = std::make_shared<spdlog::logger>("crm", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->out->set_pattern("%v");
    created->out->set_level(spdlog::level::trace);
    created->out->flush_on(spdlog::level::trace);
    return created;
  }();
  return *state;
}

char Letter(LogLevel level) { return "DIWEF"[static_cast<int>(level)]; }

std::string_view Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warn";
    default:
      return "error";
  }
}

// RFC 8259 string, invalid UTF-8 replaced by '?': log lines carry foreign bytes.
std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (byte < 0x20) {
      quoted += fmt::format("\\u{:04x}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace

Logger::Logger(std::string source) : source_(std::make_shared<const std::string>(std::move(source))) {}

bool Logger::DebugEnabled() const {
  State& state = Global();
  if (!state.any_debug.load(std::memory_order_relaxed)) return false;
  absl::MutexLock lock(&state.mutex);
  return state.least == LogLevel::kDebug || state.debug.contains("*") || state.debug.contains(*source_);
}

void Logger::Log(LogLevel level, std::string_view message, const LogFields& fields) const {
  if (level == LogLevel::kDebug && !DebugEnabled()) return;
  State& state = Global();
  LogFormat format;
  {
    absl::MutexLock lock(&state.mutex);
    if (level < state.least && level != LogLevel::kDebug) return;
    format = state.format;
  }
  std::string line;
  if (format == LogFormat::kJson) {
    line = fmt::format(R"({{"level":"{}","ts":"{}","logger":{},"msg":{})", Name(level),
                       absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()),
                       Quote(*source_), Quote(message));
    for (const auto& [key, value] : fields) line += fmt::format(",{}:{}", Quote(key), Quote(value));
    line += '}';
  } else {
    line =
        format == LogFormat::kKlog
            ? fmt::format("{}: [{}] {}", Letter(level), *source_, message)
            : fmt::format("{} {} [{}] {}", absl::FormatTime("%H:%M:%E3S", absl::Now(), absl::LocalTimeZone()),
                          Name(level), *source_, message);
    for (const auto& [key, value] : fields) line += fmt::format(" {}={}", key, value);
  }
  state.out->log(spdlog::level::info, line);
}

void ConfigureLogging(LogFormat format, LogLevel least) {
  State& state = Global();
  absl::MutexLock lock(&state.mutex);
  state.format = format;
  state.least = least;
  state.any_debug = least == LogLevel::kDebug || !state.debug.empty();
}

void SetDebugSources(std::string_view sources) {
  State& state = Global();
  absl::MutexLock lock(&state.mutex);
  state.debug.clear();
  while (!sources.empty()) {
    const size_t comma = std::min(sources.find(','), sources.size());
    if (comma > 0) state.debug.emplace(sources.substr(0, comma));
    sources.remove_prefix(std::min(comma + 1, sources.size()));
  }
  state.any_debug = state.least == LogLevel::kDebug || !state.debug.empty();
}

}  // namespace crm
