#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/log_klog.h"
#include "base/log_settings.h"
#include "base/log_state.h"
#include "base/status.h"
#include "fmt/format.h"

namespace crm {
namespace {

using Output = std::shared_ptr<spdlog::logger>;

Output MakeOutput(spdlog::sink_ptr sink) {
  auto output = std::make_shared<spdlog::logger>("crm", std::move(sink));
  output->set_pattern("%v");
  output->set_level(spdlog::level::trace);
  output->flush_on(spdlog::level::trace);
  return output;
}

const Output& StandardError() {
  // Never destroyed: lines may come until the process ends.
  static const auto* output = new Output(MakeOutput(std::make_shared<spdlog::sinks::stderr_sink_mt>()));
  return *output;
}

struct FileOutput {
  absl::Mutex mutex;
  Output output ABSL_GUARDED_BY(mutex);
};

FileOutput& File() {
  static auto* file = new FileOutput;
  return *file;
}

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

std::string JsonLine(const LogMessage& message, const LogFields& fields) {
  std::string line = fmt::format(R"({{"level":"{}","ts":"{}","logger":{},"msg":{})", Name(message.level),
                                 absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", message.time, absl::UTCTimeZone()),
                                 Quote(message.source), Quote(message.text));
  for (const auto& [key, value] : fields) line += fmt::format(",{}:{}", Quote(key), Quote(value));
  return line + '}';
}

void Deliver(LogLevel level, const LogSettings& settings, const std::string& lines) {
  Output file;
  if (!settings.to_stderr && !settings.file.empty()) {
    FileOutput& current = File();
    absl::MutexLock lock(&current.mutex);
    file = current.output;
  }
  if (file) file->log(spdlog::level::info, lines);
  if (!file || settings.also_to_stderr || level >= settings.stderr_threshold) {
    StandardError()->log(spdlog::level::info, lines);
  }
}

}  // namespace

Logger::Logger(std::string source) : source_(std::make_shared<const std::string>(std::move(source))) {
  KnowLogSources({*source_});
}

bool Logger::DebugEnabled() const {
  LogState& state = GlobalLogState();
  if (!state.any_debug.load(std::memory_order_relaxed)) return false;
  absl::MutexLock lock(&state.mutex);
  if (state.least == LogLevel::kDebug || state.forced) return true;
  auto rule = state.debug.find(*source_);
  if (rule == state.debug.end()) rule = state.debug.find("*");
  return rule != state.debug.end() && rule->second;
}

void Logger::Log(LogLevel level, std::string_view message, const LogFields& fields, const char* file,
                 int line) const {
  if (level == LogLevel::kDebug && !DebugEnabled()) return;
  LogState& state = GlobalLogState();
  LogFormat format;
  LogSettings settings;
  size_t longest = 0;
  {
    absl::MutexLock lock(&state.mutex);
    if (level < state.least && level != LogLevel::kDebug) return;
    format = state.format;
    settings = state.settings;
    longest = state.longest_source;
  }
  LogMessage whole{level, *source_, message, file, line, absl::Now()};
  if (format == LogFormat::kJson) {
    StandardError()->log(spdlog::level::info, JsonLine(whole, fields));
    return;
  }
  std::string text(message);
  for (const auto& [key, value] : fields) text += fmt::format(" {}={}", key, value);
  if (format == LogFormat::kText) {
    StandardError()->log(
        spdlog::level::info,
        fmt::format("{} {} [{}] {}", absl::FormatTime("%H:%M:%E3S", whole.time, absl::LocalTimeZone()),
                    Name(level), *source_, text));
    return;
  }
  whole.text = text;
  Deliver(level, settings, KlogLines(whole, settings, longest, getpid()));
}

absl::Status SetLogSettings(const LogSettings& settings) {
  const LogSettings before = GetLogSettings();
  if (!settings.to_stderr && !settings.file.empty() &&
      (before.to_stderr || before.file != settings.file ||
       before.file_max_bytes != settings.file_max_bytes)) {
    Output output;
    try {
      spdlog::sink_ptr sink;
      if (settings.file_max_bytes > 0) {
        sink =
            std::make_shared<spdlog::sinks::rotating_file_sink_mt>(settings.file, settings.file_max_bytes, 1);
      } else {
        sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file);
      }
      output = MakeOutput(std::move(sink));
    } catch (const spdlog::spdlog_ex& error) {
      return Unavailable("log file \"{}\": {}", settings.file, error.what());
    }
    if (settings.file_header) {
      output->log(spdlog::level::info,
                  fmt::format("Log file created at: {}\nLog line format: [IWEF]mmdd hh:mm:ss.uuuuuu threadid "
                              "file:line] msg",
                              absl::FormatTime("%Y/%m/%d %H:%M:%S", absl::Now(), absl::LocalTimeZone())));
    }
    FileOutput& current = File();
    absl::MutexLock lock(&current.mutex);
    current.output = std::move(output);
  }
  LogState& state = GlobalLogState();
  absl::MutexLock lock(&state.mutex);
  state.settings = settings;
  return absl::OkStatus();
}

}  // namespace crm
