#include "config/yaml.h"

#include <algorithm>

#include "fmt/format.h"

namespace crm::config {
namespace {

constexpr std::string_view kPlainPunctuation = "_./+-~%@:*, ()";

bool IsAlnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Whether `text` may stand unquoted and still mean what it meant when it was read as a plain scalar: a narrow
// subset of YAML's own rule.
bool MayStandPlain(std::string_view text) {
  if (text.empty() || text.back() == ' ' || text.back() == ':') return false;
  const char first = text.front();
  if (!IsAlnum(first) && std::string_view("_./+-~").find(first) == std::string_view::npos) return false;
  if (text.starts_with("---") || text.starts_with("...") || text.starts_with("- ") || text == "-")
    return false;
  for (size_t at = 0; at < text.size(); ++at) {
    if (!IsAlnum(text[at]) && kPlainPunctuation.find(text[at]) == std::string_view::npos) return false;
    if (text[at] == ':' && text[at + 1] == ' ') return false;
  }
  return true;
}

std::string DoubleQuoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string Scalar(std::string_view text, bool quoted) {
  return quoted || !MayStandPlain(text) ? DoubleQuoted(text) : std::string(text);
}

void Emit(const Node& node, size_t indent, std::string& out);

// A value after "key:" or "-": on the same line, or below it.
void EmitAfter(const Node& node, size_t indent, bool in_list, std::string& out) {
  const bool nested = !node.items.empty() || !node.entries.empty();
  if (!nested) {
    out += ' ';
    Emit(node, indent, out);
  } else if (in_list) {
    // "- a: 1" and "- - x": the first line of the value continues the dash's line.
    std::string value;
    Emit(node, indent + 2, value);
    out += ' ' + value.substr(indent + 2);
  } else {
    out += '\n';
    Emit(node, node.IsMap() ? indent + 2 : indent, out);
  }
}

void Emit(const Node& node, size_t indent, std::string& out) {
  switch (node.kind) {
    case Node::Kind::kNull:
      out += "null\n";
      return;
    case Node::Kind::kScalar:
      out += Scalar(node.text, node.quoted) + '\n';
      return;
    case Node::Kind::kList:
      if (node.items.empty()) out += "[]\n";
      for (const Node& item : node.items) {
        out.append(indent, ' ') += '-';
        EmitAfter(item, indent, true, out);
      }
      return;
    case Node::Kind::kMap:
      break;
  }
  if (node.entries.empty()) out += "{}\n";
  std::vector<const Node::Entry*> sorted;
  for (const Node::Entry& entry : node.entries) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
  for (const Node::Entry* entry : sorted) {
    out.append(indent, ' ') += Scalar(entry->key, entry->quoted) + ':';
    EmitAfter(entry->value, indent, false, out);
  }
}

}  // namespace

const Node* Node::Find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node* Node::Find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).Find(key)); }

std::string Node::Describe() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kScalar:
      return Quoted(text);
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a mapping";
  }
  return "";
}

std::string EmitYaml(const Node& node) {
  std::string out;
  Emit(node, 0, out);
  return out;
}

std::string Quoted(std::string_view text) {
  constexpr size_t kMost = 120;
  if (text.size() <= kMost) return DoubleQuoted(text);
  size_t cut = kMost;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;  // not inside a character
  return DoubleQuoted(text.substr(0, cut)) + "...";
}

}  // namespace crm::config
