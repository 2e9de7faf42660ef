#include "base/glob.h"

#include <optional>

namespace crm {
namespace {

struct Class {
  bool matches = false;
  size_t length = 0;  // of the class in the pattern, brackets included
};

// Reads the class that `pattern` starts with; nullopt when it is malformed.
std::optional<Class> ReadClass(std::string_view pattern, char c) {
  size_t at = 1;
  bool negated = false;
  if (at < pattern.size() && pattern[at] == '^') {
    negated = true;
    ++at;
  }
  bool found = false;
  bool any = false;
  while (at < pattern.size() && (pattern[at] != ']' || !any)) {
    const auto next = [&]() -> std::optional<char> {
      if (at < pattern.size() && pattern[at] == '\\') ++at;
      if (at >= pattern.size()) return std::nullopt;
      return pattern[at++];
    };
    if (pattern[at] == '-' || pattern[at] == ']') return std::nullopt;
    const std::optional<char> low = next();
    if (!low) return std::nullopt;
    char high = *low;
    if (at < pattern.size() && pattern[at] == '-') {
      ++at;
      const std::optional<char> end = next();
      if (!end || *end == ']') return std::nullopt;
      high = *end;
    }
    found = found || (*low <= c && c <= high);
    any = true;
  }
  if (at >= pattern.size()) return std::nullopt;
  return Class{found != negated, at + 1};
}

}  // namespace

bool GlobIsValid(std::string_view pattern) {
  for (size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\' && ++at >= pattern.size()) return false;
    if (pattern[at] == '[' && (at == 0 || pattern[at - 1] != '\\')) {
      const std::optional<Class> known = ReadClass(pattern.substr(at), 'x');
      if (!known) return false;
      at += known->length - 1;
    }
  }
  return true;
}

bool GlobMatch(std::string_view pattern, std::string_view text) {
  if (!GlobIsValid(pattern)) return false;
  // Iterative matching with one point to return to: the last star.
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (true) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
      continue;
    }
    if (t == text.size() && p == pattern.size()) return true;
    bool step = false;
    if (p < pattern.size() && t < text.size()) {
      if (pattern[p] == '?' && text[t] != '/') {
        ++p;
        step = true;
      } else if (pattern[p] == '[') {
        const std::optional<Class> known = ReadClass(pattern.substr(p), text[t]);
        if (known && known->matches && text[t] != '/') {
          p += known->length;
          step = true;
        }
      } else if (pattern[p] != '?') {
        const size_t escaped = pattern[p] == '\\' ? 1 : 0;
        if (pattern[p + escaped] == text[t]) {
          p += 1 + escaped;
          step = true;
        }
      }
    }
    if (step) {
      ++t;
      continue;
    }
    if (star == std::string_view::npos || star_text >= text.size() || text[star_text] == '/') return false;
    t = ++star_text;
    p = star + 1;
  }
}

}  // namespace crm
