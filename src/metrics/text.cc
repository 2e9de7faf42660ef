#include "metrics/text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "fmt/format.h"

namespace crm::metrics {
namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The length of the UTF-8 character at the start of `text`, 0 when there is none (RFC 3629 section 4).
size_t CharacterLength(std::string_view text) {
  auto at = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  size_t length = first >= 0xC2 && first <= 0xDF ? 2 : (first & 0xF0) == 0xE0 ? 3 : 0;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && at(1) < 0xA0) || (first == 0xF0 && at(1) < 0x90);
  const bool surrogate = first == 0xED && at(1) > 0x9F;
  const bool too_large = first == 0xF4 && at(1) > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

std::string Escaped(std::string_view text, bool quotes) {
  std::string escaped;
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0) {
      escaped += "\xEF\xBF\xBD";
    } else if (text[0] == '\\') {
      escaped += "\\\\";
    } else if (text[0] == '\n') {
      escaped += "\\n";
    } else if (text[0] == '"' && quotes) {
      escaped += "\\\"";
    } else {
      escaped += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(1, length));
  }
  return escaped;
}

}  // namespace

bool IsMetricName(std::string_view name) {
  return !name.empty() && !IsDigit(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return IsLetter(c) || IsDigit(c) || c == ':'; });
}

bool IsLabelName(std::string_view name) {
  return !name.empty() && !IsDigit(name[0]) && name.substr(0, 2) != "__" &&
         std::all_of(name.begin(), name.end(), [](char c) { return IsLetter(c) || IsDigit(c); });
}

std::string LabelText(const std::vector<std::string>& names, const std::vector<std::string>& values) {
  if (names.empty()) return "";
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    text += fmt::format("{}{}=\"{}\"", i == 0 ? '{' : ',', names[i],
                        Escaped(i < values.size() ? values[i] : std::string_view(), true));
  }
  return text + "}";
}

std::string LabelText(std::vector<std::string> names, std::vector<std::string> values, const char* name,
                      std::string value) {
  values.resize(names.size());
  names.emplace_back(name);
  values.push_back(std::move(value));
  return LabelText(names, values);
}

std::string HelpText(std::string_view help) { return Escaped(help, false); }

std::string ValueText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  // Whole numbers as such, as far as a double counts them one by one.
  if (value == std::trunc(value) && std::abs(value) < 9007199254740992.0) return fmt::format("{:.0f}", value);
  return fmt::format("{}", value);
}

}  // namespace crm::metrics
