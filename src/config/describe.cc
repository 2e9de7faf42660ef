#include <algorithm>

#include "config/schema.h"
#include "config/schema_tree.h"
#include "fmt/format.h"

namespace crm::config {
namespace {

constexpr std::string_view kRootHelp = "the whole configuration";

bool IsMatch(std::string_view pattern, std::string_view path) {
  const std::string_view name = path.substr(path.rfind('.') + 1);
  if (pattern.empty() || pattern == path || pattern == name) return true;
  const bool front = pattern.front() == '.';
  const bool back = pattern.back() == '.';
  if (front && back) {
    const size_t at = path.find(pattern);
    return at != std::string_view::npos && at > 0;
  }
  return (front && path.ends_with(pattern)) || (back && path.starts_with(pattern));
}

// The module that a row belongs to: the longest module path before it, "" for none.
std::string_view ModuleOf(const SchemaRow& row) {
  std::string_view best;
  for (const SchemaModule& module : SchemaModules()) {
    if (row.path.starts_with(module.path + ".") && module.path.size() >= best.size()) best = module.path;
  }
  return best;
}

std::string DescribeModule(std::string_view path, std::string_view help) {
  std::string keys;
  for (const SchemaRow& row : SchemaRows()) {
    if (ModuleOf(row) != path) continue;
    keys +=
        fmt::format("  {}: {} (default {})\n      {}{}\n", row.path.substr(path.size() + 1), row.type.name,
                    row.default_text, row.help, row.HasEffect() ? "" : "; not supported yet");
  }
  std::string children;
  for (const SchemaModule& module : SchemaModules()) {
    const std::string_view child = module.path;
    const bool inside = path.empty() ? true : child.starts_with(std::string(path) + ".");
    const std::string_view rest = path.empty() ? child : inside ? child.substr(path.size() + 1) : "";
    if (!inside || rest.find('.') != std::string_view::npos) continue;
    children += fmt::format("{}{}", children.empty() ? "" : ", ", child);
  }
  const std::string_view name = path.empty() ? "main" : path.substr(path.rfind('.') + 1);
  std::string text = fmt::format("{} {} - {}\n", keys.empty() ? "implicit module" : "module", name, help);
  text += fmt::format("  full path: {}\n", path.empty() ? "main" : path);
  if (!children.empty()) text += fmt::format("  sub-modules: {}\n", children);
  return text + keys + "\n";
}

void EmitDefaults(const SchemaNode& schema, size_t indent, const std::map<std::string, std::string>& texts,
                  std::string& out) {
  for (const auto& [name, child] : schema.children) {
    out += fmt::format("{:{}}{}:", "", indent, name);
    if (child->HasFixedKeys()) {
      out += '\n';
      EmitDefaults(*child, indent + 2, texts, out);
    } else if (child->kind == SchemaNode::Kind::kLeaf) {
      const auto text = texts.find(child->row->path);
      out += fmt::format(" {}\n", text == texts.end() ? child->row->default_text : text->second);
    } else {
      out += child->kind == SchemaNode::Kind::kList ? " []\n" : " {}\n";
    }
  }
}

}  // namespace

std::string DescribeSchema(std::string_view pattern) {
  std::string text;
  if (pattern.empty() || pattern == "main") text += DescribeModule("", kRootHelp);
  for (const SchemaModule& module : SchemaModules()) {
    if (IsMatch(pattern, module.path)) text += DescribeModule(module.path, module.help);
  }
  return text.empty() ? kNoMatchingModules : text;
}

std::string DefaultConfigYaml(const std::map<std::string, std::string>& texts) {
  std::string text;
  EmitDefaults(SchemaTree(), 0, texts, text);
  return text;
}

}  // namespace crm::config
