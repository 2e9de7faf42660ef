#include "base/log_state.h"

#include <algorithm>

namespace crm {

LogState& GlobalLogState() {
  static auto* state = new LogState;  // never destroyed: lines may come until the process ends
  return *state;
}

void LogState::UpdateAnyDebug() {
  any_debug = least == LogLevel::kDebug || forced ||
              std::any_of(debug.begin(), debug.end(), [](const auto& rule) { return rule.second; });
}

void ConfigureLogging(LogFormat format, LogLevel least) {
  LogState& state = GlobalLogState();
  absl::MutexLock lock(&state.mutex);
  state.format = format;
  state.least = least;
  state.UpdateAnyDebug();
}

LogSettings GetLogSettings() {
  LogState& state = GlobalLogState();
  absl::MutexLock lock(&state.mutex);
  return state.settings;
}

void SetDebugSources(std::string_view sources) {
  std::vector<std::string> rules;
  while (!sources.empty()) {
    const size_t comma = std::min(sources.find(','), sources.size());
    if (comma > 0) rules.push_back("on:" + std::string(sources.substr(0, comma)));
    sources.remove_prefix(std::min(comma + 1, sources.size()));
  }
  SetDebugRules(rules);
}

void SetDebugRules(const std::vector<std::string>& rules) {
  LogState& state = GlobalLogState();
  absl::MutexLock lock(&state.mutex);
  state.debug.clear();
  for (const std::string& rule : rules) {
    const size_t colon = rule.find(':');
    if (colon == std::string::npos) continue;
    state.debug[rule.substr(colon + 1)] = rule.substr(0, colon) == "on";
  }
  state.UpdateAnyDebug();
}

bool ToggleForcedDebug() {
  LogState& state = GlobalLogState();
  absl::MutexLock lock(&state.mutex);
  state.forced = !state.forced;
  state.UpdateAnyDebug();
  return state.forced;
}

void KnowLogSources(std::initializer_list<std::string_view> sources) {
  LogState& state = GlobalLogState();
  absl::MutexLock lock(&state.mutex);
  for (const std::string_view source : sources) {
    state.longest_source = std::max(state.longest_source, source.size());
  }
}

}  // namespace crm
