#include "install/words.h"

namespace crm::install {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Skips white space, continuations and the comment lines between them.
size_t SkipBlanks(std::string_view text, size_t at) {
  bool line_start = at == 0;
  while (at < text.size()) {
    if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '\n') {
      at += 2;
      line_start = true;
    } else if (IsBlank(text[at])) {
      line_start = line_start || text[at] == '\n';
      ++at;
    } else if (line_start && at != 0 && (text[at] == '#' || text[at] == ';')) {
      while (at < text.size() && text[at] != '\n') ++at;
    } else {
      break;
    }
  }
  return at;
}

}  // namespace

std::vector<Word> SplitWords(std::string_view text) {
  std::vector<Word> words;
  size_t at = SkipBlanks(text, 0);
  while (at < text.size()) {
    Word word;
    word.begin = at;
    char quote = 0;
    while (at < text.size()) {
      const char c = text[at];
      if (c == '\\' && quote != '\'') {
        if (at + 1 < text.size() && text[at + 1] == '\n') {
          if (quote == 0) break;
          word.text += ' ';
        } else if (at + 1 < text.size()) {
          word.text += text[at + 1];
        }
        at = at + 2 < text.size() ? at + 2 : text.size();
        continue;
      }
      if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          word.text += c;
        }
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (IsBlank(c)) {
        break;
      } else {
        word.text += c;
      }
      ++at;
    }
    word.end = at;
    words.push_back(std::move(word));
    at = SkipBlanks(text, at);
  }
  return words;
}

std::string QuoteForUnit(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '%') quoted += '%';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace crm::install
