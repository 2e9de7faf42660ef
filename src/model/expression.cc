#include "model/expression.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "base/glob.h"
#include "base/status.h"
#include "fmt/ranges.h"

namespace crm::model {
namespace {

enum class Arity { kOne, kAny, kNone };

struct OperatorRow {
  Operator op;
  std::string_view name;
  Arity values;
};
constexpr OperatorRow kOperators[] = {
    {Operator::kEquals, "Equals", Arity::kOne},
    {Operator::kNotEqual, "NotEqual", Arity::kOne},
    {Operator::kIn, "In", Arity::kAny},
    {Operator::kNotIn, "NotIn", Arity::kAny},
    {Operator::kMatches, "Matches", Arity::kOne},
    {Operator::kMatchesNot, "MatchesNot", Arity::kOne},
    {Operator::kMatchesAny, "MatchesAny", Arity::kAny},
    {Operator::kMatchesNone, "MatchesNone", Arity::kAny},
    {Operator::kExists, "Exists", Arity::kNone},
    {Operator::kNotExist, "NotExist", Arity::kNone},
    {Operator::kAlwaysTrue, "AlwaysTrue", Arity::kAny},
};

const OperatorRow& RowOf(Operator op) {
  return *std::find_if(std::begin(kOperators), std::end(kOperators),
                       [&](const OperatorRow& row) { return row.op == op; });
}

using Texts = std::map<std::string, std::string>;

std::optional<std::string> Find(const Texts& texts, const std::string& name) {
  const auto found = texts.find(name);
  if (found == texts.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> Class(QosClass qos) {
  if (qos == QosClass::kUnknown) return std::nullopt;
  return std::string(QosClassName(qos));
}

// "a//b/" is "a/b".
std::string Cleaned(std::string_view path) {
  std::string clean;
  for (const char c : path) {
    if (c == '/' && (clean.empty() || clean.back() == '/')) continue;
    clean += c;
  }
  if (!clean.empty() && clean.back() == '/') clean.pop_back();
  return clean;
}

struct Path {
  std::string first;
  std::string rest;  // label names hold slashes, so it is one name
};

Path SplitFirst(const std::string& path) {
  const size_t slash = std::min(path.find('/'), path.size());
  return {path.substr(0, slash), path.substr(std::min(slash + 1, path.size()))};
}

std::optional<std::string> PodAttribute(const Pod& pod, const std::string& path) {
  const auto [first, rest] = SplitFirst(path);
  if (first == "name") return pod.name;
  if (first == "namespace") return pod.ns;
  if (first == "qosclass") return Class(pod.qos);
  if (first == "id") return pod.id;
  if (first == "uid") return pod.uid;
  if (first == "labels") return Find(pod.labels, rest);
  return std::nullopt;
}

std::optional<std::string> PlainAttribute(const Pod& pod, const Container& container, std::string_view key) {
  const std::string path = Cleaned(key);
  const auto [first, rest] = SplitFirst(path);
  if (first == "pod") return PodAttribute(pod, rest);
  if (first == "name") return container.name;
  if (first == "namespace") return container.ns.empty() ? pod.ns : container.ns;
  if (first == "qosclass") return Class(pod.qos);
  if (first == "id") return container.id;
  if (first == "labels") return Find(container.labels, rest);
  if (first == "tags") return Find(container.tags, rest);
  if (rest.empty() && first.find('.') != std::string::npos) return Find(container.labels, first);
  return std::nullopt;
}

bool IsSeparator(char c) {
  return !absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '/' && c != '.';
}

struct JointKey {
  char key_separator = ':';
  char value_separator = ':';
  std::string_view keys;
};

std::optional<JointKey> ParseJoint(std::string_view key) {
  if (key.size() < 4 || key[0] != ':') return std::nullopt;
  if (IsSeparator(key[1]) && IsSeparator(key[2])) return JointKey{key[1], key[2], key.substr(3)};
  return JointKey{':', ':', key.substr(1)};
}

}  // namespace

absl::StatusOr<Operator> ParseOperator(std::string_view name) {
  std::string known;
  for (const OperatorRow& row : kOperators) {
    if (row.name == name) return row.op;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", row.name);
  }
  return InvalidArgument("unknown operator \"{}\", expected one of {}", name, known);
}

std::string_view OperatorName(Operator op) { return RowOf(op).name; }

std::string Expression::ToString() const {
  return fmt::format("{} {} [{}]", key, OperatorName(op), fmt::join(values, ","));
}

absl::Status Validate(const Expression& expression) {
  const OperatorRow& row = RowOf(expression.op);
  const size_t count = expression.values.size();
  if (row.values == Arity::kOne && count != 1) {
    return InvalidArgument("expression \"{}\": {} values, expected one for {}", expression.ToString(), count,
                           row.name);
  }
  if (row.values == Arity::kNone && count != 0) {
    return InvalidArgument("expression \"{}\": {} values, expected none for {}", expression.ToString(), count,
                           row.name);
  }
  if (expression.op != Operator::kAlwaysTrue && Cleaned(expression.key).empty()) {
    return InvalidArgument("expression \"{}\": no key, expected one such as name or labels/app",
                           expression.ToString());
  }
  return absl::OkStatus();
}

std::optional<std::string> Attribute(const Pod& pod, const Container& container, std::string_view key) {
  const std::optional<JointKey> joint = ParseJoint(key);
  if (!joint) return PlainAttribute(pod, container, key);
  std::string values;
  bool found = false;
  for (size_t at = 0; at <= joint->keys.size();) {
    const size_t end = std::min(joint->keys.find(joint->key_separator, at), joint->keys.size());
    const std::optional<std::string> value = PlainAttribute(pod, container, joint->keys.substr(at, end - at));
    if (at > 0) values += joint->value_separator;
    values += value.value_or("");
    found = found || value.has_value();
    at = end + 1;
  }
  if (!found) return std::nullopt;
  return values;
}

bool Evaluate(const Expression& expression, const Pod& pod, const Container& container) {
  if (expression.op == Operator::kAlwaysTrue) return true;
  const std::optional<std::string> value = Attribute(pod, container, expression.key);
  const auto any = [&](const auto& fits) {
    return value.has_value() && std::any_of(expression.values.begin(), expression.values.end(), fits);
  };
  const auto equals = [&](const std::string& wanted) { return wanted == "*" || wanted == *value; };
  const auto matches = [&](const std::string& pattern) { return GlobMatch(pattern, *value); };
  switch (expression.op) {
    case Operator::kEquals:
    case Operator::kIn:
      return any(equals);
    case Operator::kNotEqual:
      return !any([&](const std::string& wanted) { return wanted == *value; });
    case Operator::kNotIn:
      return !any(equals);
    case Operator::kMatches:
    case Operator::kMatchesAny:
      return any(matches);
    case Operator::kMatchesNot:
    case Operator::kMatchesNone:
      return !any(matches);
    case Operator::kExists:
      return value.has_value();
    case Operator::kNotExist:
      return !value.has_value();
    case Operator::kAlwaysTrue:
      break;
  }
  return true;
}

}  // namespace crm::model
