#include "config/compile.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/status.h"
#include "config/control_rules.h"
#include "config/policy_rules.h"
#include "config/schema_tree.h"
#include "config/undot.h"
#include "config/yaml.h"

namespace crm::config {
namespace {

constexpr size_t kMostFindings = 50;

class Compiler {
 public:
  explicit Compiler(const Plan& defaults) { draft_.plan = defaults; }

  void Error(std::string path, std::string message) {
    Add({Severity::kError, std::move(path), std::move(message)});
  }
  void Warning(std::string path, std::string message) {
    Add({Severity::kWarning, std::move(path), std::move(message)});
  }

  Compiled Finish(Node root) {
    root = Undot(SchemaTree(), std::move(root), "", [this](std::string path, std::string message) {
      Error(std::move(path), std::move(message));
    });
    Walk(SchemaTree(), root, "", false);
    ResolvePlan(draft_, root, findings_);
    CheckControllers(draft_.plan, findings_);
    if (dropped_ > 0) {
      const Severity severity = dropped_errors_ ? Severity::kError : Severity::kWarning;
      findings_.push_back({severity, "", fmt::format("{} more findings are not shown", dropped_)});
    }
    return {std::move(draft_.plan), std::move(findings_)};
  }

 private:
  void Add(Finding finding) {
    if (findings_.size() < kMostFindings) {
      findings_.push_back(std::move(finding));
      return;
    }
    ++dropped_;
    dropped_errors_ = dropped_errors_ || finding.severity == Severity::kError;
  }

  // `noted`: a section above was already said to have no effect.
  void Walk(const SchemaNode& schema, const Node& node, const std::string& path, bool noted) {
    if (node.kind == Node::Kind::kNull) return;
    const bool empty = node.kind != Node::Kind::kScalar && node.entries.empty() && node.items.empty();
    if (!schema.honoured && !noted && !empty) {
      Warning(path, "not supported yet by this version: has no effect");
      noted = true;
    }
    switch (schema.kind) {
      case SchemaNode::Kind::kModule:
      case SchemaNode::Kind::kStruct:
        WalkKeys(schema, node, path, noted);
        return;
      case SchemaNode::Kind::kMap:
        if (!node.IsMap()) return Refuse(node, path, "a mapping");
        for (const Node::Entry& entry : node.entries) {
          names_.push_back(entry.key);
          Begin(*schema.element);
          Walk(*schema.element, entry.value, PathOf(path, entry.key), noted);
          names_.pop_back();
        }
        return;
      case SchemaNode::Kind::kList:
        if (node.kind != Node::Kind::kList) return Refuse(node, path, "a list");
        for (size_t at = 0; at < node.items.size(); ++at) {
          Begin(*schema.element);
          Walk(*schema.element, node.items[at], fmt::format("{}[{}]", path, at), noted);
        }
        return;
      case SchemaNode::Kind::kLeaf:
        break;
    }
    const absl::StatusOr<Value> value = schema.row->type.read(node);
    if (!value.ok()) return Error(path, std::string(Message(value.status())));
    if (schema.row->apply != nullptr) schema.row->apply(draft_, names_, *value);
  }

  void Begin(const SchemaNode& element) {
    if (element.begin != nullptr) element.begin->begin(draft_, names_);
  }

  void WalkKeys(const SchemaNode& schema, const Node& node, const std::string& path, bool noted) {
    if (!node.IsMap()) return Refuse(node, path, "a mapping");
    std::set<const SchemaNode*> seen;
    for (const Node::Entry& entry : node.entries) {
      const SchemaNode* child = schema.Child(entry.key);
      const std::string key_path = PathOf(path, entry.key);
      if (child == nullptr) {
        Error(key_path, UnknownKeyMessage(schema, entry.key));
      } else if (!seen.insert(child).second) {
        Error(key_path, fmt::format("key {} is given twice in different spellings", child->name));
      } else {
        Walk(*child, entry.value, key_path, noted);
      }
    }
  }

  void Refuse(const Node& node, const std::string& path, std::string_view expected) {
    Error(path, fmt::format("invalid value {}, expected {}", node.Describe(), expected));
  }

  Draft draft_;
  Names names_;  // what the "*" on the way to the present node stand for
  std::vector<Finding> findings_;
  size_t dropped_ = 0;
  bool dropped_errors_ = false;
};

}  // namespace

std::string Finding::ToString() const {
  return fmt::format("{}{}{}{}", severity == Severity::kWarning ? "warning: " : "", path,
                     path.empty() ? "" : ": ", message);
}

bool Compiled::ok() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.severity == Severity::kError; });
}

absl::Status Compiled::status() const {
  std::string errors;
  for (const Finding& finding : findings) {
    if (finding.severity != Severity::kError) continue;
    errors += fmt::format("{}{}", errors.empty() ? "" : "; ", finding.ToString());
  }
  return errors.empty() ? absl::OkStatus() : absl::InvalidArgumentError(errors);
}

Compiled CompileConfigMap(const std::map<std::string, std::string>& data, const Plan& defaults) {
  Compiler compiler(defaults);
  Node root;
  root.kind = Node::Kind::kMap;
  size_t bytes = 0;
  for (const auto& [key, text] : data) {
    bytes += key.size() + text.size();
    if (bytes > kMaxBytes) {
      compiler.Error("", fmt::format("configuration of more than {} bytes", kMaxBytes));
      break;
    }
    absl::StatusOr<Node> node = ParseYaml(text);
    if (node.ok()) {
      root.entries.push_back({key, false, *std::move(node)});
    } else {
      compiler.Error(PathOf("", key), fmt::format("invalid YAML: {}", Message(node.status())));
    }
  }
  return compiler.Finish(std::move(root));
}

Compiled CompileText(std::string_view yaml, const Plan& defaults) {
  Compiler compiler(defaults);
  absl::StatusOr<Node> root = ParseYaml(yaml);
  if (!root.ok()) {
    compiler.Error("", fmt::format("invalid YAML: {}", Message(root.status())));
    return compiler.Finish(Node());
  }
  return compiler.Finish(*std::move(root));
}

}  // namespace crm::config
