#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace crm::install {

/// One word of a command line as systemd splits it, with where it stands in the text.
struct Word {
  size_t begin = 0;
  size_t end = 0;    ///< one past the last byte
  std::string text;  ///< quotes and escapes resolved
};

/// Splits at white space as systemd does for ExecStart= and for an unbraced $VARIABLE: quotes group and are
/// removed, a backslash takes the next byte literally. A backslash at the end of a line is white space; a
/// line of such a continuation that starts with # or ; is a comment. An unclosed quote ends with the text.
/// Pure. Source: systemd.service(5), "Command lines"; systemd.syntax(7).
std::vector<Word> SplitWords(std::string_view text);

/// `text` as one word of a unit file's setting: inside double quotes, with \ and " escaped and % doubled
/// (systemd expands %-specifiers).
std::string QuoteForUnit(std::string_view text);

}  // namespace crm::install
