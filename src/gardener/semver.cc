#include "gardener/semver.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/status.h"

namespace crm::gardener {
namespace {

constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();
constexpr Version kInfinite = {kEnd, kEnd, kEnd};

// A version of which `known` leading numbers are given.
struct Partial {
  Version version;
  int known = 0;
};

absl::StatusOr<Partial> ParsePartial(std::string_view whole) {
  std::string text;
  for (const char c : whole.substr(0, whole.find_first_of("-+~"))) {
    if (c != 'v' && c != ' ') text += c;
  }
  Partial partial;
  int64_t* const numbers[] = {&partial.version.major, &partial.version.minor, &partial.version.patch};
  bool wildcard = false;
  int at = 0;
  for (std::string_view rest = text; at < 3; ++at) {
    const std::string_view word = rest.substr(0, rest.find('.'));
    if (word == "x" || word == "X" || word == "*") {
      wildcard = true;
    } else {
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), *numbers[at]);
      if (wildcard || word.empty() || error != std::errc() || end != word.data() + word.size() ||
          *numbers[at] < 0 || *numbers[at] == kEnd) {
        return InvalidArgument("version \"{}\": expected numbers as in 1.30.2", whole);
      }
      partial.known = at + 1;
    }
    if (word.size() == rest.size()) return partial;
    rest.remove_prefix(word.size() + 1);
  }
  return InvalidArgument("version \"{}\": expected at most three numbers", whole);
}

// The first version that is greater than every one beginning with the `count` leading numbers.
Version After(const Version& version, int count) {
  switch (count) {
    case 0:
      return kInfinite;
    case 1:
      return {version.major + 1, 0, 0};
    case 2:
      return {version.major, version.minor + 1, 0};
    default:
      return {version.major, version.minor, version.patch + 1};
  }
}

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\n,");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n,") - begin + 1);
}

}  // namespace

absl::StatusOr<Version> ParseVersion(std::string_view text) {
  CRM_ASSIGN_OR_RETURN(const Partial partial, ParsePartial(text));
  if (partial.known == 0) return InvalidArgument("version \"{}\": expected numbers as in 1.30.2", text);
  return partial.version;
}

absl::Status VersionConstraint::AddTerm(std::string_view op, std::string_view text,
                                        std::vector<Range>* ranges) {
  CRM_ASSIGN_OR_RETURN(const Partial partial, ParsePartial(text));
  const Version& low = partial.version;
  const Version next = After(low, partial.known);
  if (op.empty() || op == "=") {
    ranges->push_back({low, next});
  } else if (op == "!=") {
    ranges->push_back({low, next, true});
  } else if (op == ">") {
    ranges->push_back({next, kInfinite});
  } else if (op == ">=" || op == "=>") {
    ranges->push_back({low, kInfinite});
  } else if (op == "<") {
    ranges->push_back({{}, low});
  } else if (op == "<=" || op == "=<") {
    ranges->push_back({{}, next});
  } else if (op == "~" || op == "~>") {
    ranges->push_back({low, After(low, std::min(partial.known, 2))});
  } else if (op == "^") {  // up to the next change of the leftmost number that is not 0
    int fixed = low.major > 0 ? 1 : low.minor > 0 ? 2 : 3;
    ranges->push_back({low, After(low, std::min(fixed, partial.known))});
  } else {
    return InvalidArgument("unknown operator \"{}\", expected one of = != > < >= <= ~ ^", op);
  }
  return absl::OkStatus();
}

absl::StatusOr<VersionConstraint> VersionConstraint::Parse(std::string_view text) {
  constexpr std::string_view kOperatorChars = "=!<>~^";
  VersionConstraint constraint;
  const auto bad = [&](const absl::Status& cause) {
    return Annotate(cause, fmt::format("version constraint \"{}\"", text));
  };
  for (std::string_view rest = text;;) {
    const size_t bar = rest.find("||");
    std::string_view words = Trimmed(rest.substr(0, bar));
    std::vector<Range> ranges;
    if (words.empty()) return bad(InvalidArgument("expected a version as in \">= 1.27\""));
    while (!words.empty()) {
      const size_t op_end = std::min(words.find_first_not_of(kOperatorChars), words.size());
      const std::string_view op = words.substr(0, op_end);
      words = Trimmed(words.substr(op_end));
      const size_t end = std::min(words.find_first_of(" \t\n,=!<>^"), words.size());
      const std::string_view version = words.substr(0, end);
      words = Trimmed(words.substr(end));
      if (op.empty() && words.starts_with("- ")) {
        words = Trimmed(words.substr(1));
        const size_t upper_end = std::min(words.find_first_of(" \t\n,"), words.size());
        if (absl::Status status = AddTerm(">=", version, &ranges); !status.ok()) return bad(status);
        if (absl::Status status = AddTerm("<=", words.substr(0, upper_end), &ranges); !status.ok())
          return bad(status);
        words = Trimmed(words.substr(upper_end));
      } else if (absl::Status status = AddTerm(op, version, &ranges); !status.ok()) {
        return bad(status);
      }
    }
    constraint.alternatives_.push_back(std::move(ranges));
    if (bar == std::string_view::npos) break;
    rest.remove_prefix(bar + 2);
  }
  const std::string_view first = Trimmed(text);
  const absl::StatusOr<Partial> leading = ParsePartial(first.substr(0, first.find_first_of(" \t\n,|")));
  constraint.exact_ = first.starts_with('=') || (leading.ok() && leading->known == 3);
  return constraint;
}

bool VersionConstraint::Matches(const Version& version) const {
  return std::any_of(alternatives_.begin(), alternatives_.end(), [&](const std::vector<Range>& ranges) {
    return std::all_of(ranges.begin(), ranges.end(), [&](const Range& range) {
      return (range.low <= version && version < range.high) != range.inverted;
    });
  });
}

}  // namespace crm::gardener
