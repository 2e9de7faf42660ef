#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "config/schema.h"

namespace crm::config {

/// The schema table as the tree that a configuration is walked along. Immutable after its making.
struct SchemaNode {
  enum class Kind {
    kModule,  ///< fixed keys, spelled exactly
    kStruct,  ///< fixed keys in any case
    kMap,     ///< any names, one kind of value
    kList,    ///< items of one kind
    kLeaf,
  };

  Kind kind = Kind::kLeaf;
  std::string name;
  std::map<std::string, std::unique_ptr<SchemaNode>, std::less<>> children;  // kModule, kStruct
  std::unique_ptr<SchemaNode> element;                                       // kMap, kList
  const SchemaRow* row = nullptr;                                            // kLeaf
  const SchemaElement* begin = nullptr;  ///< what to do at the beginning of each element, of `element`s only
  bool any_case = false;                 ///< whether keys of this node match in any case
  bool honoured = false;                 ///< whether anything below has an effect in this version

  bool HasFixedKeys() const { return kind == Kind::kModule || kind == Kind::kStruct; }
  /// The child of that key, nullptr when there is none.
  const SchemaNode* Child(std::string_view key) const;
  /// The known key that `key` was probably meant to be, "" for none.
  std::string DidYouMean(std::string_view key) const;
};

const SchemaNode& SchemaTree();

}  // namespace crm::config
