#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kube/client.h"

namespace crm::kube::testing {

/// A parsed labelSelector: requirements that must all hold. Syntax and meaning of the API ("a=b, c!=d, e in
/// (x,y), f notin (z), g, !h"); `!=` and `notin` also match objects without the label. A value type.
class LabelSelector {
 public:
  static absl::StatusOr<LabelSelector> Parse(std::string_view text);
  bool Matches(const Json& object) const;
  bool Empty() const { return requirements_.empty(); }

 private:
  enum class Operator { kExists, kAbsent, kIn, kNotIn };
  struct Requirement {
    std::string key;
    Operator op = Operator::kExists;
    std::vector<std::string> values;
  };
  std::vector<Requirement> requirements_;
};

/// A parsed fieldSelector over metadata.name, metadata.namespace and, for any kind, one other dotted path
/// when the caller allows it (spec.nodeName and status.phase of pods, involvedObject.* of events). A value
/// type.
class FieldSelector {
 public:
  static absl::StatusOr<FieldSelector> Parse(std::string_view text,
                                             const std::vector<std::string>& extra_fields);
  bool Matches(const Json& object) const;
  bool Empty() const { return requirements_.empty(); }

 private:
  struct Requirement {
    std::vector<std::string> path;
    std::string value;
    bool equal = true;
  };
  std::vector<Requirement> requirements_;
};

/// The fields beyond metadata.name and metadata.namespace that a resource ("pods", "events") can be selected
/// by.
std::vector<std::string> SelectableFields(std::string_view plural);

}  // namespace crm::kube::testing
