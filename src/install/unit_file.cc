#include "install/unit_file.h"

#include <algorithm>

namespace crm::install {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::string_view(" \t\r").find(text.front()) != std::string_view::npos)
    text.remove_prefix(1);
  while (!text.empty() && std::string_view(" \t\r").find(text.back()) != std::string_view::npos)
    text.remove_suffix(1);
  return text;
}

bool IsComment(std::string_view line) {
  line = Trim(line);
  return !line.empty() && (line.front() == '#' || line.front() == ';');
}

size_t LineEnd(std::string_view text, size_t at) { return std::min(text.find('\n', at), text.size()); }

// Joins the value that starts at `at`; returns where it ends.
size_t ReadValue(std::string_view text, size_t at, std::string& value) {
  size_t end = LineEnd(text, at);
  std::string_view line = text.substr(at, end - at);
  while (true) {
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.remove_suffix(1);
    value += Trim(line);
    if (!goes_on) return end;
    // Comment lines inside a continuation do not end it.
    do {
      if (end == text.size()) return end;
      const size_t begin = end + 1;
      end = LineEnd(text, begin);
      line = text.substr(begin, end - begin);
    } while (IsComment(line));
    value += ' ';
  }
}

}  // namespace

std::vector<UnitSetting> ParseUnit(std::string_view text) {
  std::vector<UnitSetting> settings;
  std::string section;
  for (size_t at = 0; at < text.size();) {
    const size_t end = LineEnd(text, at);
    const std::string_view line = text.substr(at, end - at);
    const std::string_view trimmed = Trim(line);
    const size_t equals = line.find('=');
    if (trimmed.starts_with('[') && trimmed.ends_with(']')) {
      section = std::string(trimmed.substr(1, trimmed.size() - 2));
    } else if (!IsComment(line) && equals != std::string_view::npos) {
      UnitSetting setting;
      setting.section = section;
      setting.key = std::string(Trim(line.substr(0, equals)));
      setting.begin = at + equals + 1;
      while (setting.begin < end && (text[setting.begin] == ' ' || text[setting.begin] == '\t'))
        ++setting.begin;
      setting.end = ReadValue(text, setting.begin, setting.value);
      at = setting.end + 1;
      settings.push_back(std::move(setting));
      continue;
    }
    at = end + 1;
  }
  return settings;
}

std::vector<std::string> EffectiveList(const std::vector<std::string>& texts, std::string_view section,
                                       std::string_view key) {
  std::vector<std::string> list;
  for (const std::string& text : texts) {
    for (UnitSetting& setting : ParseUnit(text)) {
      if (setting.section != section || setting.key != key) continue;
      if (setting.value.empty()) {
        list.clear();
      } else {
        list.push_back(std::move(setting.value));
      }
    }
  }
  return list;
}

}  // namespace crm::install
