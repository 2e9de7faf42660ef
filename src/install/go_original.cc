#include "install/go_original.h"

#include <algorithm>
#include <vector>

#include "yaml-cpp/yaml.h"

namespace crm::install {
namespace {

constexpr std::string_view kFlag = "container-runtime-endpoint";
constexpr std::string_view kSocket = "/var/run/cri-resmgr/cri-resmgr.sock";
constexpr std::string_view kRuntimeSocket = "unix:///run/containerd/containerd.sock";
constexpr std::string_view kAfter = "After=containerd.service";
constexpr int kMostRounds = 32;  // more reinstallations than any node has seen

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string FlagLine(std::string_view socket) {
  return std::string("    --container-runtime-endpoint=").append(socket) + '\\';
}

// The lines without their newline; whether the last one had one is kept by Join.
std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string Join(const std::vector<std::string>& lines, bool complete) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  if (!complete && !text.empty()) text.pop_back();
  return text;
}

std::string ReplaceAll(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

bool IsFlagLine(std::string_view line) {
  return line == FlagLine(kSocket) || line == FlagLine(kRuntimeSocket);
}

}  // namespace

std::string GoOriginalInstall(std::string_view unit) {
  std::vector<std::string> kept;
  for (std::string& line : Lines(unit)) {
    if (!Has(line, "containerd")) kept.push_back(std::move(line));
  }
  const bool complete = unit.empty() || unit.back() == '\n';
  if (std::any_of(kept.begin(), kept.end(), [](const std::string& line) { return Has(line, kFlag); })) {
    return Join(kept, complete);
  }
  std::vector<std::string> edited;
  for (std::string& line : kept) {
    const bool continued = Has(line, "KUBELET_EXTRA_ARGS \\");
    const bool last = line.ends_with("KUBELET_EXTRA_ARGS");
    edited.push_back(last ? line + " \\" : std::move(line));
    if (continued || last) edited.push_back(FlagLine(kSocket));
  }
  return Join(edited, complete);
}

std::string GoOriginalUninstall(std::string_view unit) {
  std::vector<std::string> edited;
  for (std::string& line : Lines(unit)) {
    const bool head = Has(line, "[Unit]");
    edited.push_back(ReplaceAll(std::move(line), kSocket, kRuntimeSocket));
    if (head) edited.emplace_back(kAfter);
  }
  return Join(edited, unit.empty() || unit.back() == '\n');
}

bool EditedByGoOriginal(std::string_view unit) {
  const std::vector<std::string> lines = Lines(unit);
  return std::any_of(lines.begin(), lines.end(), IsFlagLine);
}

bool ExplainedByGoOriginal(std::string_view original, std::string_view unit) {
  std::string text(original);
  for (int round = 0; round < kMostRounds; ++round) {
    text = GoOriginalInstall(text);
    if (text == unit) return true;
    // Removals may follow one another; each adds a line.
    std::string removed = text;
    for (int again = 0; again < kMostRounds && removed.size() <= unit.size() + kAfter.size(); ++again) {
      removed = GoOriginalUninstall(removed);
      if (removed == unit) return true;
    }
    text = GoOriginalUninstall(text);
  }
  return false;
}

std::string GuessBeforeGoOriginal(std::string_view unit) {
  std::vector<std::string> lines;
  bool ordered = false;
  const std::vector<std::string> old = Lines(unit);
  for (size_t i = 0; i < old.size(); ++i) {
    if (old[i] == kAfter) {
      if (!ordered) lines.push_back(old[i]);
      ordered = true;
    } else if (IsFlagLine(old[i])) {
      // The script's backslash has no blank before it, and none must be there at the command's end.
      const bool more =
          i + 1 < old.size() && !old[i + 1].empty() && (old[i + 1][0] == ' ' || old[i + 1][0] == '\t');
      lines.push_back("    --container-runtime-endpoint=" + std::string(kRuntimeSocket) +
                      (more ? " \\" : ""));
    } else {
      lines.push_back(old[i]);
    }
  }
  if (!ordered) {
    const auto head = std::find(lines.begin(), lines.end(), "[Unit]");
    if (head != lines.end()) lines.insert(head + 1, std::string(kAfter));
  }
  return Join(lines, unit.empty() || unit.back() == '\n');
}

std::optional<std::string> KubeletUnitOfAppliedConfig(const std::string& yaml) {
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (!root.IsMap() || !root["spec"].IsMap() || !root["spec"]["units"].IsSequence()) return std::nullopt;
    for (const YAML::Node& unit : root["spec"]["units"]) {
      if (!unit.IsMap() || !unit["name"] || unit["name"].as<std::string>("") != "kubelet.service") continue;
      const std::string content = unit["content"] ? unit["content"].as<std::string>("") : "";
      if (!content.empty()) return content;
    }
  } catch (const YAML::Exception&) {
  }
  return std::nullopt;
}

}  // namespace crm::install
