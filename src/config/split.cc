#include <algorithm>

#include "base/status.h"
#include "config/compile.h"
#include "config/yaml.h"

namespace crm::config {
namespace {

constexpr size_t kLongestKey = 253;  // Kubernetes: a DNS-1123 subdomain's length

bool IsConfigMapKey(std::string_view key) {
  if (key.empty() || key.size() > kLongestKey || key == "." || key.starts_with("..")) return false;
  return std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_';
  });
}

}  // namespace

absl::StatusOr<std::map<std::string, std::string>> SplitDocument(std::string_view yaml) {
  const absl::StatusOr<Node> root = ParseYaml(yaml);
  if (!root.ok()) return Annotate(root.status(), "invalid YAML");
  std::map<std::string, std::string> data;
  if (root->kind == Node::Kind::kNull) return data;
  if (!root->IsMap()) {
    return InvalidArgument("{}:{}: {} is no configuration, expected a mapping", root->line, root->column,
                           root->Describe());
  }
  for (const Node::Entry& entry : root->entries) {
    if (!IsConfigMapKey(entry.key)) {
      return InvalidArgument(
          "{}:{}: key {} cannot be a key of a ConfigMap, expected letters, digits, '-', '.' and "
          "'_'",
          entry.value.line, entry.value.column, Quoted(entry.key));
    }
    data[entry.key] = EmitYaml(entry.value);
  }
  return data;
}

}  // namespace crm::config
