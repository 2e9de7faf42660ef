#include "base/flags.h"

#include <charconv>
#include <cstdio>

#include "base/status.h"
#include "fmt/format.h"

namespace crm {
namespace {

absl::StatusOr<bool> ParseBool(std::string_view text) {
  for (std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return InvalidArgument("expected true or false");
}

absl::Status Set(const Flag& flag, std::string_view value) {
  const auto bad = [&](std::string_view expected) {
    return InvalidArgument("option --{}: invalid value \"{}\", expected {}", flag.name, value, expected);
  };
  if (auto* const* text = std::get_if<std::string*>(&flag.target)) {
    **text = std::string(value);
  } else if (auto* const* boolean = std::get_if<bool*>(&flag.target)) {
    const absl::StatusOr<bool> parsed = ParseBool(value);
    if (!parsed.ok()) return bad("true or false");
    **boolean = *parsed;
  } else if (auto* const* number = std::get_if<int*>(&flag.target)) {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), **number);
    if (error != std::errc() || end != value.data() + value.size()) return bad("an integer");
  } else if (auto* const reader = std::get_if<FlagReader>(&flag.target)) {
    return Annotate(reader->read(value), "option --" + flag.name);
  } else {
    absl::Duration* const duration = std::get<absl::Duration*>(flag.target);
    if (value == "disable" || value == "disabled") {
      *duration = absl::ZeroDuration();
    } else if (!absl::ParseDuration(std::string(value), duration)) {
      return bad("a duration such as 300ms, 1.5h, 1m30s, 0");
    }
  }
  return absl::OkStatus();
}

bool MayStandAlone(const Flag& flag) {
  const auto* reader = std::get_if<FlagReader>(&flag.target);
  return std::holds_alternative<bool*>(flag.target) || (reader != nullptr && reader->type.empty());
}

std::string Default(const Flag& flag) {
  if (auto* const reader = std::get_if<FlagReader>(&flag.target)) return reader->initial;
  if (auto* const* text = std::get_if<std::string*>(&flag.target)) return fmt::format("\"{}\"", **text);
  if (auto* const* boolean = std::get_if<bool*>(&flag.target)) return **boolean ? "true" : "false";
  if (auto* const* number = std::get_if<int*>(&flag.target)) return std::to_string(**number);
  return absl::FormatDuration(*std::get<absl::Duration*>(flag.target));
}

std::string_view TypeName(const Flag& flag) {
  if (auto* const reader = std::get_if<FlagReader>(&flag.target)) return reader->type;
  constexpr std::string_view kNames[] = {"string", "", "int", "duration"};
  return kNames[flag.target.index()];
}

}  // namespace

absl::Status FlagTable::ParseWords(const std::vector<std::string>& words,
                                   std::vector<std::string>* rest) const {
  size_t at = 0;
  for (; at < words.size(); ++at) {
    std::string_view word = words[at];
    if (word == "--") {
      ++at;
      break;
    }
    if (word.size() < 2 || word[0] != '-') break;
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (name == "h" || name == "help") return absl::CancelledError("help");
    const Flag* flag = nullptr;
    for (const Flag& known : flags_) {
      if (known.name == name && !name.empty()) flag = &known;
    }
    if (flag == nullptr) return InvalidArgument("unknown option --{}", name);
    if (equals != std::string_view::npos) {
      CRM_RETURN_IF_ERROR(Set(*flag, word.substr(equals + 1)));
    } else if (MayStandAlone(*flag)) {
      CRM_RETURN_IF_ERROR(Set(*flag, "true"));
    } else if (at + 1 < words.size()) {
      CRM_RETURN_IF_ERROR(Set(*flag, words[++at]));
    } else {
      return InvalidArgument("option --{} needs a value", name);
    }
  }
  std::vector<std::string> words_after(words.begin() + static_cast<ptrdiff_t>(at), words.end());
  if (rest != nullptr) {
    *rest = std::move(words_after);
  } else if (!words_after.empty()) {
    return InvalidArgument("unknown command line arguments: {}", fmt::join(words_after, ","));
  }
  return absl::OkStatus();
}

std::string FlagTable::Help() const {
  std::string text = fmt::format("Usage: {} [options]\n\n{}\n", program_, usage_);
  if (flags_.empty() || !flags_.front().name.empty()) text += "\nOptions:\n";
  for (const Flag& flag : flags_) {
    if (flag.name.empty()) {
      text += fmt::format("\n{}:\n", flag.help);
      continue;
    }
    text += fmt::format("  --{}{}{}\n        {} (default {})\n", flag.name, MayStandAlone(flag) ? "" : " ",
                        TypeName(flag), flag.help, Default(flag));
  }
  return text;
}

FlagTable::Outcome FlagTable::Parse(int argc, const char* const* argv, std::vector<std::string>* rest) const {
  const std::string help = Help();  // before parsing: it shows the defaults
  const absl::Status status = ParseWords(std::vector<std::string>(argv + 1, argv + argc), rest);
  if (absl::IsCancelled(status)) {
    std::fputs(help.c_str(), stdout);
    return Outcome::kHelp;
  }
  if (!status.ok()) {
    std::fputs(fmt::format("{}: {}\n\n{}", program_, Message(status), help).c_str(), stderr);
    return Outcome::kBad;
  }
  return Outcome::kRun;
}

}  // namespace crm
