#include "gardener/configs.h"

#include "base/status.h"
#include "config/compile.h"

namespace crm::gardener {
namespace {

constexpr std::string_view kExtraOptions = "EXTRA_OPTIONS";
constexpr std::string_view kConfigMapPrefix = "cri-resmgr-config.";

// A DNS-1123 subdomain of at most 253 characters together with the prefix.
absl::Status CheckName(const std::string& name) {
  const std::string full = std::string(kConfigMapPrefix) + name;
  bool good = full.size() <= 253;
  char previous = '.';
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool after_separator = previous == '.' || previous == '-';
    good = good && (letter || (c == '.' && !after_separator) || (c == '-' && previous != '.'));
    previous = c;
  }
  if (!good || name.empty() || previous == '.' || previous == '-') {
    return InvalidArgument(
        "configs: name \"{}\": \"{}\" is no ConfigMap name, expected lower-case letters, digits, '-' and "
        "'.', at most "
        "253 long",
        name, full);
  }
  return absl::OkStatus();
}

absl::Status AddDeliverable(const std::string& name, const std::string& text, DeliverableConfigs* configs) {
  if (name == kExtraOptions) {
    configs->statics[name] = text;
    return absl::OkStatus();
  }
  if (!IsStaticConfig(name)) CRM_RETURN_IF_ERROR(CheckName(name));
  absl::StatusOr<Texts> data = config::SplitDocument(text);
  if (!data.ok()) return Annotate(data.status(), fmt::format("configs.{}", name));
  if (IsStaticConfig(name)) {
    configs->statics[name] = text;
  } else {
    configs->dynamics[name] = *std::move(data);
  }
  return absl::OkStatus();
}

bool CompilesWithoutError(const std::string& name, const std::string& text) {
  return name == kExtraOptions || config::CompileText(text).ok();
}

}  // namespace

Texts MergeConfigs(const Texts& base, const Texts& shoot) {
  Texts merged = shoot;
  for (const auto& [name, text] : base) {
    const auto [own, inserted] = merged.emplace(name, text);
    if (!inserted && own->second.empty()) merged.erase(own);
  }
  return merged;
}

bool IsStaticConfig(std::string_view name) {
  return name == "fallback" || name == "force" || name == kExtraOptions;
}

absl::StatusOr<DeliverableConfigs> MakeDeliverable(const Texts& configs) {
  DeliverableConfigs deliverable;
  for (const auto& [name, text] : configs) CRM_RETURN_IF_ERROR(AddDeliverable(name, text, &deliverable));
  return deliverable;
}

std::vector<std::string> FindProblems(const Texts& configs) {
  std::vector<std::string> problems;
  for (const auto& [name, text] : configs) {
    if (name == kExtraOptions) continue;
    for (const config::Finding& finding : config::CompileText(text).findings) {
      problems.push_back(fmt::format("configs.{}: {}", name, finding.ToString()));
    }
  }
  return problems;
}

BaseConfigs::Accepted BaseConfigs::Accept(const Texts& raw) {
  Accepted accepted;
  Texts good;
  absl::MutexLock lock(&mutex_);
  for (const auto& [name, text] : raw) {
    DeliverableConfigs ignored;
    const absl::Status deliverable = AddDeliverable(name, text, &ignored);
    if (deliverable.ok() && CompilesWithoutError(name, text)) {
      good[name] = accepted.texts[name] = text;
      continue;
    }
    const auto last = last_good_.find(name);
    const bool known = last != last_good_.end();
    std::vector<std::string> reasons = {std::string(Message(deliverable))};
    if (deliverable.ok()) reasons = FindProblems({{name, text}});
    for (const std::string& reason : reasons) {
      accepted.problems.push_back(
          fmt::format("{}{}", reason, known ? " (the last good text stays in force)" : ""));
    }
    if (known) {
      good[name] = accepted.texts[name] = last->second;
    } else if (deliverable.ok()) {
      accepted.texts[name] = text;  // nothing better is known, and nodes keep what they have
    } else {
      accepted.lost.insert(name);
    }
  }
  last_good_ = std::move(good);
  return accepted;
}

}  // namespace crm::gardener
