#include "config/schema.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "config/schema_tree.h"
#include "fmt/format.h"

namespace crm::config {
namespace {

// Spec 31 section 2: balloons accepts its keys in any case at every level.
constexpr std::string_view kAnyCaseModule = "policy.balloons";

// The edit distance, adjacent swaps counting two.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t at = 0; at <= b.size(); ++at) row[at] = at;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

struct Step {
  std::string name;
  bool list = false;
};

std::vector<Step> Steps(std::string_view path) {
  std::vector<Step> steps;
  for (size_t at = 0; at <= path.size();) {
    const size_t dot = std::min(path.find('.', at), path.size());
    std::string_view name = path.substr(at, dot - at);
    const bool list = name.ends_with("[]");
    if (list) name.remove_suffix(2);
    steps.push_back({std::string(name), list});
    at = dot + 1;
  }
  return steps;
}

SchemaNode* Into(std::unique_ptr<SchemaNode>& slot, std::string_view name) {
  if (slot == nullptr) {
    slot = std::make_unique<SchemaNode>();
    slot->name = std::string(name);
  }
  return slot.get();
}

void AddModule(SchemaNode& root, const std::string& path) {
  SchemaNode* node = &root;
  for (const Step& step : Steps(path)) {
    node = Into(node->children[step.name], step.name);
    node->kind = SchemaNode::Kind::kModule;
  }
  node->any_case = path == kAnyCaseModule;
}

// The node at the end of `path`, made where it is missing.
SchemaNode* Descend(SchemaNode& root, const std::string& path, bool honoured) {
  SchemaNode* node = &root;
  for (const Step& step : Steps(path)) {
    if (honoured) node->honoured = true;
    if (step.name == "*") {
      node->kind = SchemaNode::Kind::kMap;
      node = Into(node->element, "*");
    } else {
      if (node->kind == SchemaNode::Kind::kLeaf) {
        node->kind = SchemaNode::Kind::kStruct;
        node->any_case = true;
      }
      node = Into(node->children[step.name], step.name);
    }
    if (step.list) {
      node->kind = SchemaNode::Kind::kList;
      node = Into(node->element, "[]");
    }
  }
  return node;
}

void AddRow(SchemaNode& root, const SchemaRow& row) {
  SchemaNode* node = Descend(root, row.path, row.HasEffect());
  node->row = &row;
  node->honoured = row.HasEffect();
}

}  // namespace

const SchemaNode* SchemaNode::Child(std::string_view key) const {
  if (const auto exact = children.find(key); exact != children.end()) return exact->second.get();
  if (!any_case) return nullptr;
  const std::string lower = absl::AsciiStrToLower({key.data(), key.size()});
  for (const auto& [known, child] : children) {
    if (absl::AsciiStrToLower(known) == lower) return child.get();
  }
  return nullptr;
}

std::string SchemaNode::DidYouMean(std::string_view key) const {
  constexpr size_t kLongestKey = 64;
  if (key.size() > kLongestKey) return "";
  const std::string lower = absl::AsciiStrToLower({key.data(), key.size()});
  std::string best;
  size_t best_distance = std::max<size_t>(1, std::min<size_t>(2, key.size() / 3)) + 1;
  for (const auto& [known, child] : children) {
    const size_t distance = Distance(lower, absl::AsciiStrToLower(known));
    if (distance < best_distance) {
      best = known;
      best_distance = distance;
    }
  }
  return best;
}

const std::vector<SchemaRow>& SchemaRows() {
  static const auto* const rows = [] {
    auto* made = new std::vector<SchemaRow>;
    AddPolicyRows(*made);
    AddPoolPolicyRows(*made);
    AddControlRows(*made);
    AddDaemonRows(*made);
    return made;
  }();
  return *rows;
}

const std::vector<SchemaElement>& SchemaElements() {
  static const auto* const elements = [] {
    auto* made = new std::vector<SchemaElement>;
    AddControlElements(*made);
    return made;
  }();
  return *elements;
}

const std::vector<SchemaModule>& SchemaModules() {
  static const auto* const modules = new std::vector<SchemaModule>{
      {"blockio", "classes of block I/O weight and throttling"},
      {"cpu", "classes of CPU frequencies"},
      {"dump", "which CRI messages are written to the log"},
      {"instrumentation", "HTTP endpoint, metrics and tracing"},
      {"logger", "log output and debug sources"},
      {"policy", "which policy places containers, and on which resources"},
      {"policy.balloons", "the balloons policy"},
      {"policy.dynamic-pools", "the dynamic-pools policy"},
      {"policy.memtier", "the topology-aware policy when it is selected by its alias memtier"},
      {"policy.podpools", "the podpools policy"},
      {"policy.static", "the static policy"},
      {"policy.static-pools", "the static-pools policy"},
      {"policy.topology-aware", "the topology-aware policy"},
      {"rdt", "classes of cache and memory bandwidth"},
      {"resource-manager", "the resource manager's own parts"},
      {"resource-manager.control", "resource controllers and how strictly they are needed"},
      {"resource-manager.control.page-migration", "moving pages of idle memory to slower memory"},
  };
  return *modules;
}

const SchemaNode& SchemaTree() {
  static const auto* const tree = [] {
    auto* root = new SchemaNode;
    root->kind = SchemaNode::Kind::kModule;
    root->name = "main";
    for (const SchemaModule& module : SchemaModules()) AddModule(*root, module.path);
    for (const SchemaRow& row : SchemaRows()) AddRow(*root, row);
    for (const SchemaElement& element : SchemaElements())
      Descend(*root, element.path, false)->begin = &element;
    return root;
  }();
  return *tree;
}

}  // namespace crm::config
