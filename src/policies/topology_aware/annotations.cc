#include "policies/topology_aware/annotations.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>

#include "fmt/format.h"

namespace crm::policies::topology_aware {
namespace {

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// Spec 20 section 11.6.
std::optional<bool> ParseBoolean(std::string_view text) {
  for (std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

std::string Key(std::string_view name) { return fmt::format("{}.{}", name, model::kAnnotationDomain); }
std::string OldKey(std::string_view name) { return fmt::format("{}/{}", model::kAnnotationDomain, name); }

}  // namespace

std::optional<TypeMask> ParseMemoryTypes(std::string_view text) {
  TypeMask types = 0;
  while (true) {
    const size_t comma = text.find(',');
    std::string name(Trim(text.substr(0, comma)));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (name == "dram") {
      types |= kDram;
    } else if (name == "pmem") {
      types |= kPmem;
    } else if (name == "hbm") {
      types |= kHbm;
    } else if (name == "mixed") {
      types |= kAllMemory;
    } else {
      return std::nullopt;
    }
    if (comma == std::string_view::npos) return types;
    text.remove_prefix(comma + 1);
  }
}

void Annotations::AddProblem(const std::string& text) {
  if (!problems_.empty()) problems_ += "; ";
  problems_ += text;
}

std::optional<std::string> Annotations::OldForm(std::string_view name) {
  const auto found = pod_.annotations.find(OldKey(name));
  if (found == pod_.annotations.end()) return std::nullopt;
  AddProblem(fmt::format("annotation {} is outdated, use {}", OldKey(name), Key(name)));
  try {
    const YAML::Node node = YAML::Load(found->second);
    if (node.IsScalar()) return node.Scalar();
    if (node.IsMap()) {
      const YAML::Node value = node[container_];
      if (!value) return std::nullopt;
      if (value.IsScalar()) return value.Scalar();
    }
  } catch (const YAML::Exception&) {
    // Told below.
  }
  AddProblem(fmt::format("annotation {} is ignored: expected a value or a YAML map by container name",
                         OldKey(name)));
  return std::nullopt;
}

Preference Annotations::Boolean(std::string_view name, bool fallback, bool has_old_form) {
  if (const std::string* value = model::EffectiveAnnotation(pod_, Key(name), container_); value != nullptr) {
    if (const std::optional<bool> parsed = ParseBoolean(*value)) return {*parsed, true};
    AddProblem(fmt::format("annotation {} is ignored: \"{}\" is neither true nor false", Key(name), *value));
    return {fallback, false};
  }
  if (!has_old_form) return {fallback, false};
  const std::optional<std::string> old = OldForm(name);
  if (!old) return {fallback, false};
  if (*old == "true" || *old == "false") return {*old == "true", true};
  AddProblem(fmt::format("annotation {} is ignored: \"{}\" is neither true nor false", OldKey(name), *old));
  return {fallback, false};
}

Preference Annotations::PreferReserved() { return Boolean("prefer-reserved-cpus", false, false); }
Preference Annotations::PreferIsolated(bool fallback) {
  return Boolean("prefer-isolated-cpus", fallback, true);
}
Preference Annotations::PreferShared(bool fallback) { return Boolean("prefer-shared-cpus", fallback, true); }

TypeMask Annotations::MemoryTypes() {
  std::string key = Key("memory-type");
  std::optional<std::string> value;
  if (const std::string* found = model::EffectiveAnnotation(pod_, key, container_); found != nullptr) {
    value = *found;
  } else {
    key = OldKey("memory-type");
    value = OldForm("memory-type");
  }
  if (!value) return 0;
  if (const std::optional<TypeMask> types = ParseMemoryTypes(*value)) return *types;
  AddProblem(
      fmt::format("annotation {} is ignored: \"{}\" is no list of dram, pmem, hbm, mixed", key, *value));
  return 0;
}

}  // namespace crm::policies::topology_aware
