#include "install/environment_file.h"

#include <algorithm>

namespace crm::install {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Reads the value that starts at `at`, resolved into `value`; returns where it ends (a newline or the end).
size_t ReadValue(std::string_view text, size_t at, std::string& value) {
  constexpr std::string_view kEscapable = "\"\\$`";
  size_t kept = 0;        // bytes of `value` that trailing white space must not eat
  bool in_plain = false;  // inside an unquoted stretch: quotes are literal there
  while (at < text.size() && text[at] != '\n') {
    const char c = text[at++];
    if (c == '\\') {
      if (at < text.size() && text[at++] != '\n') {
        value += text[at - 1];
        kept = value.size();
      }
      in_plain = true;
    } else if (!in_plain && c == '\'') {
      while (at < text.size() && text[at] != '\'') value += text[at++];
      at = std::min(at + 1, text.size());
      kept = value.size();
    } else if (!in_plain && c == '"') {
      while (at < text.size() && text[at] != '"') {
        if (text[at] != '\\' || at + 1 >= text.size()) {
          value += text[at++];
          continue;
        }
        const char escaped = text[at + 1];
        if (kEscapable.find(escaped) == std::string_view::npos && escaped != '\n') value += '\\';
        if (escaped != '\n') value += escaped;
        at += 2;
      }
      at = std::min(at + 1, text.size());
      kept = value.size();
    } else if (IsBlank(c)) {
      if (in_plain) value += c;
    } else {
      value += c;
      kept = value.size();
      in_plain = true;
    }
  }
  value.resize(std::max(kept, size_t{0}));
  return at;
}

}  // namespace

std::vector<Assignment> ParseEnvironmentFile(std::string_view text) {
  std::vector<Assignment> found;
  size_t at = 0;
  while (at < text.size()) {
    if (IsBlank(text[at]) || text[at] == '\n') {
      ++at;
      continue;
    }
    const size_t line_end = std::min(text.find('\n', at), text.size());
    const size_t equals = text.substr(0, line_end).find('=', at);
    if (text[at] == '#' || text[at] == ';' || equals == std::string_view::npos) {
      at = line_end;
      continue;
    }
    Assignment assignment;
    assignment.begin = at;
    size_t name_end = equals;
    while (name_end > at && IsBlank(text[name_end - 1])) --name_end;
    assignment.name = std::string(text.substr(at, name_end - at));
    at = ReadValue(text, equals + 1, assignment.value);
    assignment.end = at;
    if (!assignment.name.empty()) found.push_back(std::move(assignment));
  }
  return found;
}

std::optional<std::string> FindAssignment(std::string_view text, std::string_view name) {
  std::optional<std::string> value;
  for (Assignment& assignment : ParseEnvironmentFile(text)) {
    if (assignment.name == name) value = std::move(assignment.value);
  }
  return value;
}

std::string FormatAssignment(std::string_view name, std::string_view value) {
  constexpr std::string_view kPlain = "-_./:=,@%+~^[]{}*?!&|<>()";
  const bool plain = std::all_of(value.begin(), value.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kPlain.find(c) != std::string_view::npos;
  });
  std::string text = std::string(name) + '=';
  if (plain) return text.append(value);
  text += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') text += '\\';
    text += c;
  }
  return text + '"';
}

}  // namespace crm::install
