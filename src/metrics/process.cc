#include "metrics/process.h"

#include <unistd.h>

#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace crm::metrics {
namespace {

// Fields of /proc/self/stat by their numbers in proc(5).
constexpr size_t kUserTicks = 14;
constexpr size_t kSystemTicks = 15;
constexpr size_t kStartTicks = 22;
constexpr size_t kVirtualBytes = 23;
constexpr size_t kResidentPages = 24;
constexpr size_t kFirstAfterName = 3;

double TicksPerSecond() {
  const long ticks = sysconf(_SC_CLK_TCK);
  return ticks > 0 ? static_cast<double>(ticks) : 100;
}

// The numbers of the fields from kFirstAfterName on; text fields read as 0. The name before them may hold
// anything, also spaces and parentheses.
std::vector<double> StatFields(const std::string& text) {
  std::vector<double> fields;
  const size_t end = text.rfind(')');
  if (end == std::string::npos) return fields;
  std::istringstream words(text.substr(end + 1));
  for (std::string word; words >> word;) {
    std::istringstream number(word);
    double value = 0;
    fields.push_back(number >> value ? value : 0);
  }
  return fields;
}

// The number after `key` at the beginning of a line.
bool NumberAfter(const std::string& text, const std::string& key, double* value) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, key.size(), key) != 0) continue;
    std::istringstream rest(line.substr(key.size()));
    std::string word;
    if (!(rest >> word)) return false;
    if (word == "unlimited") {
      *value = std::numeric_limits<double>::infinity();
      return true;
    }
    std::istringstream number(word);
    return static_cast<bool>(number >> *value);
  }
  return false;
}

void ReadStat(Registry& registry, const FileSystem& files) {
  const absl::StatusOr<std::string> stat = files.Read("/proc/self/stat");
  if (!stat.ok()) return;
  const std::vector<double> fields = StatFields(*stat);
  if (fields.size() <= kResidentPages - kFirstAfterName) return;
  auto field = [&fields](size_t number) { return fields[number - kFirstAfterName]; };
  registry.Counters("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.")
      .With()
      .SetTotal((field(kUserTicks) + field(kSystemTicks)) / TicksPerSecond());
  registry.Gauges("process_virtual_memory_bytes", "Virtual memory size in bytes.")
      .With()
      .Set(field(kVirtualBytes));
  registry.Gauges("process_resident_memory_bytes", "Resident memory size in bytes.")
      .With()
      .Set(field(kResidentPages) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  const absl::StatusOr<std::string> machine = files.Read("/proc/stat");
  double boot = 0;
  if (machine.ok() && NumberAfter(*machine, "btime", &boot)) {
    registry.Gauges("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
        .With()
        .Set(boot + field(kStartTicks) / TicksPerSecond());
  }
}

void ReadFiles(Registry& registry, const FileSystem& files) {
  const absl::StatusOr<std::vector<std::string>> open = files.List("/proc/self/fd");
  if (open.ok()) {
    registry.Gauges("process_open_fds", "Number of open file descriptors.")
        .With()
        .Set(static_cast<double>(open->size()));
  }
  const absl::StatusOr<std::string> limits = files.Read("/proc/self/limits");
  double most = 0;
  if (limits.ok() && NumberAfter(*limits, "Max open files", &most)) {
    registry.Gauges("process_max_fds", "Maximum number of open file descriptors.").With().Set(most);
  }
}

}  // namespace

std::shared_ptr<void> ExportProcess(Registry& registry, FileSystem& files) {
  return registry.OnScrape([&registry, &files] {
    ReadStat(registry, files);
    ReadFiles(registry, files);
  });
}

}  // namespace crm::metrics
