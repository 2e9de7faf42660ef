#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace crm::config {

/// A parsed YAML (or JSON) value: what the text says before the schema gives it a type. Scalars keep whether
/// they were quoted, because "750m" in quotes is text while a plain 1 is a number. A value type.
struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry;

  Kind kind = Kind::kNull;
  std::string text;            ///< kScalar
  bool quoted = false;         ///< kScalar: quoted, literal, folded or tagged !!str
  std::vector<Node> items;     ///< kList
  std::vector<Entry> entries;  ///< kMap, in the order of the text; keys are unique
  int line = 0;                ///< 1-based; 0 when the value stems from no text
  int column = 0;              ///< 1-based

  bool IsMap() const { return kind == Kind::kMap; }
  /// A plain scalar, the only kind that may be a number or a boolean.
  bool IsPlain() const { return kind == Kind::kScalar && !quoted; }
  /// nullptr when absent or when this is no map.
  const Node* Find(std::string_view key) const;
  Node* Find(std::string_view key);
  /// "a list", "text \"x\"", "1": for messages.
  std::string Describe() const;
};

struct Node::Entry {
  std::string key;
  bool quoted = false;
  Node value;
};

/// Bounds of what is read, far above any sensible configuration; they keep hostile texts cheap.
inline constexpr size_t kMaxBytes = size_t{1} << 20;
inline constexpr int kMaxDepth = 32;
inline constexpr size_t kMaxNodes = 100'000;  ///< after expanding aliases

/// Parses one document; no document is null. Anchors, aliases and merge keys are expanded. InvalidArgument
/// with "line:column: reason" for: syntax, more than one document, duplicate keys, keys that are no text,
/// tags other than the core schema's, text that is no UTF-8, and anything above the bounds. Never throws.
absl::StatusOr<Node> ParseYaml(std::string_view text);

/// Block-style YAML of a value with sorted keys and a trailing newline; the same value gives the same bytes,
/// and quoted scalars stay quoted.
std::string EmitYaml(const Node& node);

/// `text` in double quotes, control characters escaped, long text cut: safe in messages, logs and gRPC
/// strings.
std::string Quoted(std::string_view text);

}  // namespace crm::config
