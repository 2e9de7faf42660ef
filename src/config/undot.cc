#include "config/undot.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

namespace crm::config {
namespace {

class Undotter {
 public:
  explicit Undotter(const ReportError& report) : report_(report) {}

  Node Run(const SchemaNode& schema, Node node, const std::string& path) {
    if (!schema.HasFixedKeys() || !node.IsMap()) {
      if (schema.element != nullptr) {
        for (size_t at = 0; at < node.items.size(); ++at) {
          node.items[at] = Run(*schema.element, std::move(node.items[at]), fmt::format("{}[{}]", path, at));
        }
        for (Node::Entry& entry : node.entries) {
          entry.value = Run(*schema.element, std::move(entry.value), PathOf(path, entry.key));
        }
      }
      return node;
    }
    std::vector<Node::Entry> dotted;
    std::vector<Node::Entry> nested;
    for (Node::Entry& entry : node.entries) {
      (entry.key.find('.') == std::string::npos ? nested : dotted).push_back(std::move(entry));
    }
    node.entries = std::move(nested);
    // Sections before keys inside of them, so that "policy.x: {a: 1}" and "policy.x.b: 2" add up in any
    // order.
    const auto dots = [](const Node::Entry& entry) {
      return std::count(entry.key.begin(), entry.key.end(), '.');
    };
    std::stable_sort(dotted.begin(), dotted.end(),
                     [&](const auto& a, const auto& b) { return dots(a) < dots(b); });
    for (Node::Entry& entry : dotted)
      Insert(schema, node, path, entry.key, std::move(entry.value), entry.key, path);
    for (Node::Entry& entry : node.entries) {
      const SchemaNode* child = schema.Child(entry.key);
      if (child != nullptr) entry.value = Run(*child, std::move(entry.value), PathOf(path, entry.key));
    }
    return node;
  }

 private:
  static Node::Entry* FindSame(const SchemaNode& schema, Node& map, std::string_view key) {
    const SchemaNode* child = schema.Child(key);
    for (Node::Entry& entry : map.entries) {
      if (entry.key == key || (child != nullptr && schema.Child(entry.key) == child)) return &entry;
    }
    return nullptr;
  }

  // Puts `value` at the end of the dotted `key` below `map`. `whole` below `origin` is the key as it was
  // written.
  void Insert(const SchemaNode& schema, Node& map, const std::string& path, std::string_view key, Node value,
              const std::string& whole, const std::string& origin) {
    const size_t dot = schema.kind == SchemaNode::Kind::kMap ? std::string_view::npos : key.find('.');
    const std::string first(key.substr(0, dot));
    const std::string here = PathOf(path, first);
    Node::Entry* same = FindSame(schema, map, first);
    const auto conflict = [&] {
      report_(PathOf(origin, whole), fmt::format("dotted key {} conflicts with nested key {}", Quoted(whole),
                                                 Quoted(PathOf(path, same->key))));
    };
    if (dot == std::string_view::npos) {
      if (same != nullptr) return conflict();
      map.entries.push_back({first, false, std::move(value)});
      return;
    }
    const SchemaNode* child = schema.Child(first);
    if (child == nullptr) return report_(here, UnknownKeyMessage(schema, first));
    if (!child->HasFixedKeys() && child->kind != SchemaNode::Kind::kMap) {
      return report_(PathOf(here, key.substr(dot + 1)),
                     fmt::format("unknown configuration data {}, {} has no keys of its own",
                                 Quoted(key.substr(dot + 1)), Quoted(here)));
    }
    if (same == nullptr) {
      map.entries.push_back({first, false, Node()});
      same = &map.entries.back();
    }
    if (same->value.kind == Node::Kind::kNull) same->value.kind = Node::Kind::kMap;
    if (!same->value.IsMap()) return conflict();
    Insert(*child, same->value, here, key.substr(dot + 1), std::move(value), whole, origin);
  }

  const ReportError& report_;
};

}  // namespace

std::string PathOf(std::string_view path, std::string_view key) {
  const bool plain = !key.empty() && key.size() <= 253 && std::all_of(key.begin(), key.end(), [](char c) {
    return c > ' ' && c != '"' && c != 0x7f;
  });
  const std::string shown = plain ? std::string(key) : Quoted(key);
  return path.empty() ? shown : fmt::format("{}.{}", path, shown);
}

std::string UnknownKeyMessage(const SchemaNode& schema, std::string_view key) {
  std::string message = fmt::format("unknown configuration data {}", Quoted(key));
  if (const std::string meant = schema.DidYouMean(key); !meant.empty()) {
    return message + fmt::format(", did you mean {}?", meant);
  }
  message += ", expected one of ";
  size_t shown = 0;
  for (const auto& [name, child] : schema.children)
    message += fmt::format("{}{}", shown++ == 0 ? "" : ", ", name);
  return message;
}

Node Undot(const SchemaNode& schema, Node node, const std::string& path, const ReportError& report) {
  return Undotter(report).Run(schema, std::move(node), path);
}

}  // namespace crm::config
