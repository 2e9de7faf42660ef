#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/container.h"

namespace crm::model {

/// Expressions over attributes of a container and its pod: external adjustments and affinity are scoped by
/// them. Plain values and pure functions. Spec 10 section 8.4.
enum class Operator {
  kEquals,       ///< the key has this value; "*" is any
  kNotEqual,     ///< the key is missing or has another value
  kIn,           ///< the key has one of the values; "*" is any
  kNotIn,        ///< not kIn
  kMatches,      ///< the key's value fits the pattern (base/glob.h)
  kMatchesNot,   ///< not kMatches
  kMatchesAny,   ///< the key's value fits one of the patterns
  kMatchesNone,  ///< not kMatchesAny
  kExists,       ///< the key is there
  kNotExist,     ///< it is not
  kAlwaysTrue,   ///< the key does not matter
};

/// By the name of the API ("Equals", "NotIn", ...); InvalidArgument with the known ones.
absl::StatusOr<Operator> ParseOperator(std::string_view name);
std::string_view OperatorName(Operator op);

struct Expression {
  /// `name`, `namespace`, `qosclass`, `id`, `labels/NAME`, `tags/NAME`, `pod/KEY` with KEY one of the former
  /// (but tags) or `uid`; the name of a label that holds a dot and no slash; or a joint key, see Attribute.
  std::string key;
  Operator op = Operator::kAlwaysTrue;
  std::vector<std::string> values;

  /// "key Op [a,b]".
  std::string ToString() const;
};

/// InvalidArgument when the number of values does not fit the operator, or a key is missing.
absl::Status Validate(const Expression& expression);

/// The value of a key; nullopt when there is none. A joint key, ":KEY:KEY..." or ":<k><v>KEY<k>KEY...", is
/// the values of several keys with a separator (':' or <v>) between them, missing ones empty; it is there
/// when one of them is.
std::optional<std::string> Attribute(const Pod& pod, const Container& container, std::string_view key);

bool Evaluate(const Expression& expression, const Pod& pod, const Container& container);

}  // namespace crm::model
