#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "base/status.h"
#include "config/yaml.h"

namespace crm::config {
namespace {

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

// Ends the parsing from inside a callback; never leaves ParseYaml.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void Refuse(int line, int column, std::string_view reason) {
  throw Refused(fmt::format("{}:{}: {}", line, column, reason));
}

size_t CountNodes(const Node& node) {
  size_t count = 1;
  for (const Node& item : node.items) count += CountNodes(item);
  for (const Node::Entry& entry : node.entries) count += 1 + CountNodes(entry.value);
  return count;
}

int Depth(const Node& node) {
  int deepest = 0;
  for (const Node& item : node.items) deepest = std::max(deepest, Depth(item));
  for (const Node::Entry& entry : node.entries) deepest = std::max(deepest, Depth(entry.value));
  return deepest + 1;
}

// Builds a Node from the parser's events, one frame for each open list or map.
class Builder : public YAML::EventHandler {
 public:
  Node Take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) Refuse(mark.line + 1, mark.column + 1, "expected one YAML document, found another");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Finish(At(Node::Kind::kNull, mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) Refuse(mark.line + 1, mark.column + 1, "alias inside of its own anchor");
    Node copy = found->second;
    copy.line = mark.line + 1;
    copy.column = mark.column + 1;
    Count(CountNodes(copy) - 1, copy);
    if (static_cast<int>(frames_.size()) + Depth(copy) > kMaxDepth + 1) RefuseDepth(copy);
    Finish(std::move(copy), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = At(Node::Kind::kScalar, mark);
    node.text = value;
    if (tag == "!" || tag == "tag:yaml.org,2002:str") {
      node.quoted = true;
    } else if (tag != "?" && !tag.empty()) {
      CheckTag(node, tag, {"int", "float", "bool", "null"});
    }
    Finish(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(At(Node::Kind::kList, mark), tag, "seq", anchor);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(At(Node::Kind::kMap, mark), tag, "map", anchor);
  }
  void OnMapEnd() override {
    Frame& frame = frames_.back();
    for (const Node& merged : frame.merged) {
      for (const Node::Entry& entry : merged.entries) {
        if (frame.keys.insert(entry.key).second) frame.node.entries.push_back(entry);
      }
    }
    Close();
  }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    Node key;
    std::set<std::string> keys;
    std::vector<Node> merged;  // values of "<<"
  };

  static Node At(Node::Kind kind, const YAML::Mark& mark) {
    Node node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  static void CheckTag(const Node& node, std::string_view tag,
                       std::initializer_list<std::string_view> known) {
    for (const std::string_view name : known) {
      if (tag.starts_with(kCoreTag) && tag.substr(kCoreTag.size()) == name) return;
    }
    Refuse(node.line, node.column, fmt::format("tag {} is not supported", Quoted(tag)));
  }

  [[noreturn]] static void RefuseDepth(const Node& node) {
    Refuse(node.line, node.column, fmt::format("nested deeper than {} levels", kMaxDepth));
  }

  void Count(size_t more, const Node& node) {
    nodes_ += more;
    if (nodes_ > kMaxNodes) {
      Refuse(node.line, node.column, fmt::format("more than {} values after expanding aliases", kMaxNodes));
    }
  }

  void Open(Node node, const std::string& tag, std::string_view own_tag, YAML::anchor_t anchor) {
    if (tag != "?" && tag != "!" && !tag.empty()) CheckTag(node, tag, {own_tag});
    if (static_cast<int>(frames_.size()) >= kMaxDepth) RefuseDepth(node);
    if (!frames_.empty() && frames_.back().node.IsMap() && !frames_.back().has_key) {
      Refuse(node.line, node.column, "a mapping key must be text");
    }
    Frame frame;
    frame.node = std::move(node);
    frame.anchor = anchor;
    frames_.push_back(std::move(frame));
  }

  void Close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    Finish(std::move(frame.node), frame.anchor);
  }

  void Finish(Node node, YAML::anchor_t anchor) {
    Count(1, node);
    if (anchor != 0) anchors_[anchor] = node;
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (!frame.node.IsMap()) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      SetKey(frame, std::move(node));
    } else {
      frame.has_key = false;
      if (frame.key.IsPlain() && frame.key.text == "<<") {
        Merge(frame, std::move(node));
      } else {
        frame.node.entries.push_back({std::move(frame.key.text), frame.key.quoted, std::move(node)});
      }
    }
  }

  static void SetKey(Frame& frame, Node key) {
    if (key.kind != Node::Kind::kScalar) Refuse(key.line, key.column, "a mapping key must be text");
    if (!frame.keys.insert(key.text).second) {
      Refuse(key.line, key.column, fmt::format("key {} is given twice in one mapping", Quoted(key.text)));
    }
    frame.key = std::move(key);
    frame.has_key = true;
  }

  static void Merge(Frame& frame, Node value) {
    std::vector<Node> maps;
    if (value.kind == Node::Kind::kList) {
      maps = std::move(value.items);
    } else {
      maps.push_back(std::move(value));
    }
    for (Node& map : maps) {
      if (!map.IsMap()) Refuse(map.line, map.column, "merge key << needs a mapping or a list of mappings");
      frame.merged.push_back(std::move(map));
    }
  }

  Node root_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Node> anchors_;
  size_t nodes_ = 0;
  int documents_ = 0;
};

// The byte where `text` stops being UTF-8 (RFC 3629), npos when it is.
size_t FindInvalidUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : (lead & 0xf0) == 0xe0 ? 3 : 4;
    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || at + length > text.size()) return at;
    for (size_t next = 1; next < length; ++next) {
      const auto byte = static_cast<unsigned char>(text[at + next]);
      if ((byte & 0xc0) != 0x80) return at;
      if (next == 1 && ((lead == 0xe0 && byte < 0xa0) || (lead == 0xed && byte > 0x9f) ||
                        (lead == 0xf0 && byte < 0x90) || (lead == 0xf4 && byte > 0x8f))) {
        return at;
      }
    }
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace

absl::StatusOr<Node> ParseYaml(std::string_view text) {
  if (text.size() > kMaxBytes) {
    return InvalidArgument("text of {} bytes, expected at most {}", text.size(), kMaxBytes);
  }
  if (const size_t at = FindInvalidUtf8(text); at != std::string_view::npos) {
    return InvalidArgument("byte {} (0x{:02x}) is not UTF-8", at, static_cast<unsigned char>(text[at]));
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.Take();
  } catch (const YAML::Exception& error) {
    return InvalidArgument("{}:{}: {}", error.mark.line + 1, error.mark.column + 1, error.msg);
  } catch (const std::exception& error) {
    return InvalidArgument("{}", error.what());
  }
}

}  // namespace crm::config
