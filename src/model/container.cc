#include "model/container.h"

#include <algorithm>
#include <vector>

#include "base/quantity.h"

namespace crm::model {
namespace {

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

/// The words of a cgroup directory's name: "kubelet-kubepods-burstable.slice" has three.
std::vector<std::string_view> NameWords(std::string_view component) {
  constexpr std::string_view kSlice = ".slice";
  if (component.size() > kSlice.size() && component.substr(component.size() - kSlice.size()) == kSlice) {
    component.remove_suffix(kSlice.size());
  }
  return Split(component, '-');
}

}  // namespace

std::string_view QosClassName(QosClass qos) {
  switch (qos) {
    case QosClass::kGuaranteed:
      return "Guaranteed";
    case QosClass::kBurstable:
      return "Burstable";
    case QosClass::kBestEffort:
      return "BestEffort";
    case QosClass::kUnknown:
      break;
  }
  return "unknown";
}

QosClass QosFromCgroupParent(std::string_view cgroup_parent) {
  bool below_kubepods = false;
  for (std::string_view component : Split(cgroup_parent, '/')) {
    const std::vector<std::string_view> words = NameWords(component);
    size_t first = 0;
    // With systemd each directory repeats the names of those above it.
    for (size_t i = 0; i < words.size(); ++i) {
      if (words[i] == "kubepods") {
        below_kubepods = true;
        first = i + 1;
        break;
      }
    }
    if (!below_kubepods) continue;
    for (size_t i = first; i < words.size(); ++i) {
      if (words[i] == "besteffort") return QosClass::kBestEffort;
      if (words[i] == "burstable") return QosClass::kBurstable;
      if (StartsWith(words[i], "pod")) return QosClass::kGuaranteed;
    }
  }
  return QosClass::kUnknown;
}

Requirements EstimateRequirements(const LinuxResources& resources, QosClass qos, int64_t machine_memory) {
  Requirements estimate;
  if (resources.cpu_shares > 0) {
    if (const int64_t milli = SharesToMilliCpu(resources.cpu_shares); milli > 0)
      estimate.cpu_request_milli = milli;
  }
  if (resources.memory_limit_bytes > 0) estimate.memory_limit_bytes = resources.memory_limit_bytes;
  if (qos == QosClass::kGuaranteed) {
    estimate.cpu_limit_milli = estimate.cpu_request_milli;
    estimate.memory_request_bytes = estimate.memory_limit_bytes;
    return estimate;
  }
  if (const int64_t milli = QuotaToMilliCpu(resources.cpu_quota, resources.cpu_period); milli > 0) {
    estimate.cpu_limit_milli = milli;
  }
  // The kubelet sets oom_score_adj = 1000 - floor(1000 * request / capacity), clamped to [3, 999]. The
  // product is kept below 2^63 by splitting the capacity.
  const int64_t adj = resources.oom_score_adj;
  if (qos == QosClass::kBurstable && adj >= 3 && adj <= 999 && machine_memory > 0) {
    const int64_t parts = 1000 - adj;
    const int64_t request = parts * (machine_memory / 1000) + (parts * (machine_memory % 1000) + 999) / 1000;
    if (!estimate.memory_limit_bytes || request < *estimate.memory_limit_bytes) {
      estimate.memory_request_bytes = request;
    }
  }
  return estimate;
}

std::string PrettyName(const Pod& pod, const Container& container) {
  return (pod.name.empty() ? container.pod_id : pod.name) + ":" + container.name;
}

const std::string* EffectiveAnnotation(const Pod& pod, std::string_view key, std::string_view container) {
  const std::string base(key);
  for (const std::string& name : {base + "/container." + std::string(container), base + "/pod", base}) {
    if (const auto found = pod.annotations.find(name); found != pod.annotations.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace crm::model
