#include "kube/testing/selector.h"

#include <algorithm>
#include <optional>

#include "base/status.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

/// Words and the marks = == != ! ( ) , of a selector. The end is an empty token.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::string Next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    if (at_ == text_.size()) return "";
    for (std::string_view mark : {"==", "!=", "=", "!", "(", ")", ","}) {
      if (text_.substr(at_, mark.size()) == mark) {
        at_ += mark.size();
        return std::string(mark);
      }
    }
    const size_t start = at_;
    while (at_ < text_.size() && std::string_view(" \t=!(),").find(text_[at_]) == std::string_view::npos)
      ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  std::string Peek() {
    const size_t before = at_;
    std::string token = Next();
    at_ = before;
    return token;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

bool IsWord(const std::string& token) {
  return !token.empty() && std::string_view("=!(),").find(token.front()) == std::string_view::npos;
}

absl::Status Unexpected(const std::string& found, std::string_view expected) {
  return InvalidArgument("unable to parse requirement: found '{}', expected: {}", found, expected);
}

absl::StatusOr<std::vector<std::string>> ParseValues(Lexer& lexer) {
  if (const std::string open = lexer.Next(); open != "(") return Unexpected(open, "'('");
  std::vector<std::string> values;
  for (;;) {
    std::string token = lexer.Next();
    if (IsWord(token)) {
      values.push_back(token);
      token = lexer.Next();
    } else if (token == "," || token == ")") {
      values.emplace_back();
    }
    if (token == ")") return values;
    if (token != ",") return Unexpected(token, "',', ')' or identifier");
  }
}

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> parts;
  while (true) {
    const size_t dot = path.find('.');
    parts.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    path.remove_prefix(dot + 1);
  }
}

}  // namespace

absl::StatusOr<LabelSelector> LabelSelector::Parse(std::string_view text) {
  LabelSelector selector;
  Lexer lexer(text);
  if (lexer.Peek().empty()) return selector;
  for (;;) {
    Requirement requirement;
    std::string token = lexer.Next();
    const bool absent = token == "!";
    if (absent) token = lexer.Next();
    if (!IsWord(token)) return Unexpected(token, "!, identifier, or 'end of string'");
    requirement.key = token;
    token = lexer.Next();
    if (absent) {
      requirement.op = Operator::kAbsent;
    } else if (token == "in" || token == "notin") {
      requirement.op = token == "in" ? Operator::kIn : Operator::kNotIn;
      CRM_ASSIGN_OR_RETURN(requirement.values, ParseValues(lexer));
      token = lexer.Next();
    } else if (token == "=" || token == "==" || token == "!=") {
      requirement.op = token == "!=" ? Operator::kNotIn : Operator::kIn;
      requirement.values.push_back(IsWord(lexer.Peek()) ? lexer.Next() : "");
      token = lexer.Next();
    }
    selector.requirements_.push_back(std::move(requirement));
    if (token.empty()) return selector;
    if (token != ",") return Unexpected(token, "',', or 'end of string'");
  }
}

bool LabelSelector::Matches(const Json& object) const {
  return std::all_of(requirements_.begin(), requirements_.end(), [&](const Requirement& requirement) {
    const std::string* value = Label(object, requirement.key);
    const bool listed = value != nullptr && std::find(requirement.values.begin(), requirement.values.end(),
                                                      *value) != requirement.values.end();
    switch (requirement.op) {
      case Operator::kExists:
        return value != nullptr;
      case Operator::kAbsent:
        return value == nullptr;
      case Operator::kIn:
        return listed;
      case Operator::kNotIn:
        return !listed;
    }
    return false;
  });
}

absl::StatusOr<FieldSelector> FieldSelector::Parse(std::string_view text,
                                                   const std::vector<std::string>& extra_fields) {
  FieldSelector selector;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view term = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    if (term.empty()) continue;
    const size_t equal = term.find('=');
    if (equal == std::string_view::npos || equal == 0) {
      return InvalidArgument("invalid selector: '{}'; can't understand '{}'", term, term);
    }
    Requirement requirement;
    requirement.equal = term[equal - 1] != '!';
    std::string_view value = term.substr(equal + 1);
    if (requirement.equal && value.starts_with('=')) value.remove_prefix(1);
    requirement.value = value;
    const std::string field(term.substr(0, requirement.equal ? equal : equal - 1));
    if (field != "metadata.name" && field != "metadata.namespace" &&
        std::find(extra_fields.begin(), extra_fields.end(), field) == extra_fields.end()) {
      return InvalidArgument(
          "\"{}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"", field);
    }
    requirement.path = SplitPath(field);
    selector.requirements_.push_back(std::move(requirement));
  }
  return selector;
}

bool FieldSelector::Matches(const Json& object) const {
  return std::all_of(requirements_.begin(), requirements_.end(), [&](const Requirement& requirement) {
    const Json* at = &object;
    for (const std::string& step : requirement.path) {
      const Json* next = Find(*at, {step});
      if (next == nullptr) {
        at = nullptr;
        break;
      }
      at = next;
    }
    std::string value;
    if (at != nullptr) value = at->is_string() ? at->get<std::string>() : at->dump();
    return (value == requirement.value) == requirement.equal;
  });
}

std::vector<std::string> SelectableFields(std::string_view plural) {
  if (plural == "pods")
    return {"spec.nodeName", "status.phase", "spec.restartPolicy", "spec.serviceAccountName"};
  if (plural == "events") {
    return {"involvedObject.kind",
            "involvedObject.name",
            "involvedObject.namespace",
            "involvedObject.uid",
            "reason",
            "type",
            "source"};
  }
  if (plural == "secrets") return {"type"};
  if (plural == "nodes") return {"spec.unschedulable"};
  if (plural == "namespaces") return {"status.phase"};
  return {};
}

}  // namespace crm::kube::testing
