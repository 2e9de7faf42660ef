#include "base/log_klog.h"

#include <algorithm>

#include "fmt/format.h"

namespace crm {
namespace {

// klog knows no debug severity.
char Severity(LogLevel level) { return "IIWEF"[static_cast<int>(level)]; }
char Letter(LogLevel level) { return "DIWEF"[static_cast<int>(level)]; }

std::string_view Place(std::string_view file, bool with_directory) {
  const size_t slash = file.rfind('/');
  if (slash == std::string_view::npos) return file;
  if (!with_directory || slash == 0) return file.substr(slash + 1);
  const size_t above = file.rfind('/', slash - 1);
  return above == std::string_view::npos ? file : file.substr(above + 1);
}

}  // namespace

std::string KlogLines(const LogMessage& message, const LogSettings& settings, size_t longest_source,
                      int process) {
  std::string start;
  if (settings.headers) {
    start = fmt::format("{}{} {:>7} {}:{}] ", Severity(message.level),
                        absl::FormatTime("%m%d %H:%M:%E6S", message.time, absl::LocalTimeZone()), process,
                        Place(message.file, settings.add_dir_header), message.line);
  }
  if (settings.prefix) {
    const size_t pad = longest_source - std::min(longest_source, message.source.size());
    start += fmt::format("{}: [{:{}}{}{:{}}] ", Letter(message.level), "", (pad + 1) / 2, message.source, "",
                         pad / 2);
  }
  std::string lines;
  std::string_view rest = message.text;
  while (true) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    lines += start;
    lines += rest.substr(0, end);
    rest.remove_prefix(end);
    if (rest.size() <= 1) return lines;  // a newline at the end starts no line
    rest.remove_prefix(1);
    lines += '\n';
  }
}

}  // namespace crm
