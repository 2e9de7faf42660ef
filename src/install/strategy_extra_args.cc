#include "base/status.h"
#include "install/environment_file.h"
#include "install/paths.h"
#include "install/strategy.h"

// Merges our flag into KUBELET_EXTRA_ARGS of the file that Gardener's kubelet unit reads and nobody else
// writes.
namespace crm::install {
namespace {

constexpr std::string_view kMarker = "# cri-resmgr\n";  // the first line of a file that we created

std::string Path(const KubeletUnit&) { return kExtraArgsFile; }

absl::Status Applicable(const KubeletUnit& unit) {
  if (!unit.UsesExtraArgs()) {
    return FailedPrecondition("ExecStart of {} has no word $KUBELET_EXTRA_ARGS", unit.fragment_path);
  }
  if (!unit.ReadsFile(kExtraArgsFile)) {
    return FailedPrecondition("{} has no EnvironmentFile={}", unit.fragment_path, kExtraArgsFile);
  }
  const std::string& last = unit.extra_args_file;
  if (last.empty() || last == kExtraArgsFile) return absl::OkStatus();
  for (auto it = unit.environment_files.rbegin(); it != unit.environment_files.rend(); ++it) {
    if (*it == kExtraArgsFile) break;
    if (*it == last)
      return FailedPrecondition("KUBELET_EXTRA_ARGS of {} wins over that of {}", last, kExtraArgsFile);
  }
  return absl::OkStatus();
}

std::string Replace(const std::string& text, const Assignment& assignment, const std::string& by) {
  return text.substr(0, assignment.begin) + by + text.substr(assignment.end);
}

std::optional<Assignment> Last(const std::string& text) {
  std::optional<Assignment> last;
  for (Assignment& assignment : ParseEnvironmentFile(text)) {
    if (assignment.name == kExtraArgsName) last = std::move(assignment);
  }
  return last;
}

absl::StatusOr<std::string> Wire(const KubeletUnit&, const std::optional<std::string>& now,
                                 const Endpoint& endpoint) {
  if (!now) return std::string(kMarker) + FormatAssignment(kExtraArgsName, endpoint.Flag()) + '\n';
  const std::optional<Assignment> last = Last(*now);
  if (!last) {
    const bool complete = now->empty() || now->back() == '\n';
    return *now + (complete ? "" : "\n") + FormatAssignment(kExtraArgsName, endpoint.Flag()) + '\n';
  }
  const absl::StatusOr<std::string> merged = AddEndpoint(last->value, endpoint);
  if (!merged.ok()) return Annotate(merged.status(), kExtraArgsFile);
  return *merged == last->value ? *now : Replace(*now, *last, FormatAssignment(kExtraArgsName, *merged));
}

std::optional<std::string> Unwire(const KubeletUnit& unit, const std::optional<std::string>& now,
                                  const std::optional<std::string>& original, const Endpoint& endpoint) {
  if (!now) return std::nullopt;
  if (Wire(unit, original, endpoint).value_or("") == *now) return original;
  std::string text = *now;
  if (const std::optional<Assignment> last = Last(text); last) {
    const std::string value = RemoveEndpoint(last->value, endpoint);
    if (value.empty() && !last->value.empty()) {  // the assignment was ours alone
      const size_t line_end = last->end < text.size() ? last->end + 1 : last->end;
      text.erase(last->begin, line_end - last->begin);
    } else if (value != last->value) {
      text = Replace(text, *last, FormatAssignment(kExtraArgsName, value));
    }
  }
  if (text.starts_with(kMarker)) text.erase(0, kMarker.size());
  if (text.empty() && !original) return std::nullopt;
  return text;
}

}  // namespace

const Strategy& ExtraArgs() {
  static constexpr Strategy kStrategy = {"extra-args", Path, Applicable, Wire, Unwire};
  return kStrategy;
}

}  // namespace crm::install
