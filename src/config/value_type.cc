#include "config/value_type.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "base/glob.h"
#include "base/status.h"
#include "config/scalar.h"
#include "fmt/ranges.h"

namespace crm::config {

absl::Status Expected(const Node& node, std::string_view what) {
  return InvalidArgument("invalid value {}, expected {}", node.Describe(), what);
}

std::optional<bool> PlainBool(const Node& node) {
  if (!node.IsPlain()) return std::nullopt;
  for (const std::string_view yes : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"}) {
    if (node.text == yes) return true;
  }
  for (const std::string_view no : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"}) {
    if (node.text == no) return false;
  }
  return std::nullopt;
}

std::optional<int64_t> PlainInteger(const Node& node) {
  if (!node.IsPlain()) return std::nullopt;
  std::string_view text = node.text;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.front() == '0') {
    return std::nullopt;  // octal for some readers, decimal for others
  }
  if (text.empty() || text.front() == '-') return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return negative ? -value : value;
}

std::optional<double> PlainNumber(const Node& node) {
  if (const std::optional<int64_t> integer = PlainInteger(node)) return static_cast<double>(*integer);
  if (!node.IsPlain()) return std::nullopt;
  std::string_view text = node.text;
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos)
    return std::nullopt;  // no inf, no nan
  if (text.find_first_of(".eE") == std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::string> ScalarText(const Node& node) {
  if (node.kind != Node::Kind::kScalar || PlainBool(node)) return std::nullopt;
  return node.text;
}

namespace {

constexpr std::string_view kTextExpected = "text (quote it if it reads as true, false, yes, no, on or off)";

absl::StatusOr<Value> ReadTexts(const Node& node, std::string_view expected) {
  if (node.kind != Node::Kind::kList) return Expected(node, expected);
  std::vector<std::string> texts;
  for (const Node& item : node.items) {
    std::optional<std::string> text = ScalarText(item);
    if (!text) return Expected(item, fmt::format("{} as an item of the list", kTextExpected));
    texts.push_back(*std::move(text));
  }
  return Value(std::move(texts));
}

absl::StatusOr<Value> ReadDuration(const Node& node, std::string_view expected) {
  const std::optional<std::string> text = ScalarText(node);
  absl::Duration duration;
  if (!text || !absl::ParseDuration(*text, &duration)) return Expected(node, expected);
  if (duration < absl::ZeroDuration() || duration == absl::InfiniteDuration())
    return Expected(node, expected);
  return Value(absl::ToInt64Nanoseconds(duration));
}

}  // namespace

ValueType Bool() {
  return {"bool", [](const Node& node) -> absl::StatusOr<Value> {
            if (const std::optional<bool> value = PlainBool(node)) return Value(*value);
            return Expected(node, "true or false");
          }};
}

ValueType Text() {
  return {"string", [](const Node& node) -> absl::StatusOr<Value> {
            if (std::optional<std::string> text = ScalarText(node)) return Value(*std::move(text));
            return Expected(node, kTextExpected);
          }};
}

ValueType Integer(int64_t low, int64_t high) {
  return {"int", [low, high](const Node& node) -> absl::StatusOr<Value> {
            const std::optional<int64_t> value = PlainInteger(node);
            if (value && low <= *value && *value <= high) return Value(*value);
            if (high == std::numeric_limits<int64_t>::max()) {
              return Expected(node, low == std::numeric_limits<int64_t>::min()
                                        ? "an integer"
                                        : fmt::format("an integer of at least {}", low));
            }
            return Expected(node, fmt::format("an integer from {} to {}", low, high));
          }};
}

ValueType NumberOrText() {
  return {"int or string", [](const Node& node) -> absl::StatusOr<Value> {
            if (std::optional<std::string> text = ScalarText(node)) return Value(*std::move(text));
            return Expected(node, "a number or text");
          }};
}

ValueType OneOf(std::string_view words, bool any_case) {
  std::vector<std::string> known;
  for (size_t at = 0; at <= words.size();) {
    const size_t bar = std::min(words.find('|', at), words.size());
    known.emplace_back(words.substr(at, bar - at));
    at = bar + 1;
  }
  return {
      fmt::format("{}", fmt::join(known, "|")), [known, any_case](const Node& node) -> absl::StatusOr<Value> {
        for (const std::string& word : known) {
          const bool same =
              any_case ? absl::AsciiStrToLower(node.text) == absl::AsciiStrToLower(word) : node.text == word;
          if (node.kind == Node::Kind::kScalar && same) return Value(word);
        }
        return Expected(node, fmt::format("one of {}", fmt::join(known, ", ")));
      }};
}

ValueType TextList() {
  return {"list of strings", [](const Node& node) { return ReadTexts(node, "a list of texts"); }};
}

ValueType GlobList() {
  return {"list of globs", [](const Node& node) -> absl::StatusOr<Value> {
            CRM_ASSIGN_OR_RETURN(Value value, ReadTexts(node, "a list of shell-style patterns"));
            for (const std::string& pattern : std::get<std::vector<std::string>>(value)) {
              if (pattern.empty() || !GlobIsValid(pattern)) {
                return InvalidArgument(
                    "invalid pattern {}, expected a shell-style pattern such as infra-* or "
                    "team-[ab]",
                    Quoted(pattern));
              }
            }
            return value;
          }};
}

ValueType Duration() {
  return {"duration",
          [](const Node& node) { return ReadDuration(node, "a duration such as 300ms, 1.5h, 1m30s, 0"); }};
}

ValueType Period() {
  return {"duration", [](const Node& node) -> absl::StatusOr<Value> {
            if (const std::optional<int64_t> value = PlainInteger(node); value && *value >= 0)
              return Value(*value);
            return ReadDuration(node, "a duration such as 15s, or nanoseconds as a number");
          }};
}

ValueType Sampling() {
  return {"number or disabled|production|testing", [](const Node& node) -> absl::StatusOr<Value> {
            constexpr std::pair<std::string_view, double> kWords[] = {
                {"disabled", 0.0}, {"production", 0.1}, {"testing", 1.0}};
            for (const auto& [word, share] : kWords) {
              if (node.kind == Node::Kind::kScalar && absl::AsciiStrToLower(node.text) == word) {
                return Value(share);
              }
            }
            Node plain = node;
            plain.quoted = false;
            const std::optional<double> number = PlainNumber(plain);
            if (number && *number >= 0 && *number <= 1) return Value(*number);
            return Expected(node, "disabled, production, testing or a number from 0 to 1");
          }};
}

ValueType Endpoint() {
  return {"host:port", [](const Node& node) -> absl::StatusOr<Value> {
            constexpr std::string_view kExpected = "host:port or :port, with a port from 0 to 65535";
            const std::optional<std::string> text = ScalarText(node);
            if (!text) return Expected(node, kExpected);
            if (text->empty()) return Value(*text);
            const size_t colon = text->rfind(':');
            if (colon == std::string::npos) return Expected(node, kExpected);
            const std::string_view host = std::string_view(*text).substr(0, colon);
            const std::string_view port = std::string_view(*text).substr(colon + 1);
            uint16_t number = 0;
            const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
            const bool bracketed = host.starts_with('[') && host.ends_with(']');
            if (error != std::errc() || end != port.data() + port.size() ||
                (host.find(':') != std::string_view::npos && !bracketed) ||
                host.find_first_of(" /\t\n") != std::string_view::npos) {
              return Expected(node, kExpected);
            }
            return Value(*text);
          }};
}

}  // namespace crm::config
