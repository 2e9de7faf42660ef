#include "config/dump_rules.h"

#include <re2/re2.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "base/status.h"
#include "config/yaml.h"

namespace crm::config {
namespace {

constexpr std::string_view kExpressionCharacters = ".*?+()[]|";
constexpr int64_t kMostMemory = 1 << 20;  // bytes of one compiled expression

re2::RE2::Options Quiet() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMostMemory);
  return options;
}

bool ReadLevel(std::string_view word, DumpLevel* level) {
  const std::string lower = absl::AsciiStrToLower({word.data(), word.size()});
  if (lower == "off" || lower == "suppress") {
    *level = DumpLevel::kOff;
  } else if (lower == "name" || lower == "short") {
    *level = DumpLevel::kName;
  } else if (lower == "full" || lower == "verbose") {
    *level = DumpLevel::kFull;
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string_view DumpLevelName(DumpLevel level) {
  constexpr std::string_view kNames[] = {"off", "name", "full"};
  return kNames[static_cast<int>(level)];
}

absl::StatusOr<DumpRules> DumpRules::Parse(std::string_view text) {
  DumpRules rules;
  DumpLevel level = DumpLevel::kFull;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view entry = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (const size_t colon = entry.find(':'); colon != std::string_view::npos) {
      if (!ReadLevel(entry.substr(0, colon), &level)) {
        return InvalidArgument("dump: invalid dump level {} in {}, expected off, name or full",
                               Quoted(entry.substr(0, colon)), Quoted(entry));
      }
      entry.remove_prefix(colon + 1);
    }
    if (entry.empty()) continue;
    Rule rule{level, std::string(entry), entry == "*"};
    if (entry != "*" && entry.find_first_of(kExpressionCharacters) != std::string_view::npos) {
      rule.is_expression = true;
      if (const re2::RE2 expression(rule.pattern, Quiet()); !expression.ok()) {
        return InvalidArgument("dump: invalid dump method regexp {}: {}", Quoted(rule.pattern),
                               expression.error());
      }
    }
    rules.rules_.push_back(std::move(rule));
  }
  return rules;
}

DumpLevel DumpRules::LevelOf(std::string_view method) const {
  DumpLevel level = DumpLevel::kOff;
  for (const Rule& rule : rules_) {
    if (!rule.is_expression) {
      if (rule.pattern == method) return rule.level;
    } else if (rule.pattern == "*" ||
               re2::RE2::PartialMatch({method.data(), method.size()}, re2::RE2(rule.pattern, Quiet()))) {
      level = rule.level;
    }
  }
  return level;
}

std::string DumpRules::ToString() const {
  std::string text;
  DumpLevel before = DumpLevel::kFull;
  for (const Rule& rule : rules_) {
    if (!text.empty()) text += ',';
    if (rule.level != before) text += fmt::format("{}:", DumpLevelName(rule.level));
    text += rule.pattern;
    before = rule.level;
  }
  return text;
}

}  // namespace crm::config
