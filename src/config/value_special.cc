#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "base/quantity.h"
#include "base/status.h"
#include "config/dump_rules.h"
#include "config/scalar.h"
#include "config/value_type.h"

namespace crm::config {
namespace {

constexpr std::string_view kCpusExpected =
    "a number of CPUs (2, 1.5), a quantity (\"750m\"), cpuset:LIST, LIST with '-' or ',', or "
    "cgroup:DIRECTORY";
constexpr double kMostCpus = CpuSet::kMaxId + 1;

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string Lower(std::string_view text) { return absl::AsciiStrToLower({text.data(), text.size()}); }

std::vector<std::string_view> SplitAtCommas(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    parts.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

absl::StatusOr<CpuConstraint> ReadCgroup(std::string_view directory) {
  for (size_t at = 0; at <= directory.size();) {
    const size_t slash = std::min(directory.find('/', at), directory.size());
    if (directory.substr(at, slash - at) == "..") {
      return InvalidArgument("invalid cgroup directory {}, expected a path without \"..\"",
                             Quoted(directory));
    }
    at = slash + 1;
  }
  return CpuConstraint(CgroupCpus{std::string(directory)});
}

absl::StatusOr<CpuConstraint> ReadCpuset(std::string_view list) {
  const absl::StatusOr<CpuSet> cpus = CpuSet::Parse(list);
  if (!cpus.ok()) {
    return InvalidArgument("invalid CPU set {}: {}; expected a list such as 0-3,8", Quoted(list),
                           Message(cpus.status()));
  }
  return CpuConstraint(*cpus);
}

absl::StatusOr<CpuConstraint> ReadCpusText(const Node& node) {
  const std::string_view text = node.text;
  if (text.empty()) return InvalidArgument("missing value, expected {}", kCpusExpected);
  if (text.front() == '/') return ReadCgroup(text);
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view kind = text.substr(0, colon);
    const std::string_view rest = text.substr(colon + 1);
    if (kind != "cpuset" && kind != "cgroup") {
      return InvalidArgument("unknown kind {} in {}, expected cpuset: or cgroup:", Quoted(kind),
                             Quoted(text));
    }
    if (rest.empty()) return InvalidArgument("missing value after {}", Quoted(text));
    return kind == "cpuset" ? ReadCpuset(rest) : ReadCgroup(rest);
  }
  if (text.find_first_of("-,") != std::string_view::npos) return ReadCpuset(text);
  const absl::StatusOr<Quantity> quantity = Quantity::Parse(text);
  if (!quantity.ok()) return Expected(node, kCpusExpected);
  if (Quantity::FromMilli(static_cast<int64_t>(kMostCpus) * 1000) < *quantity) {
    return InvalidArgument("{} CPUs, expected at most {}", Quoted(text), kMostCpus);
  }
  return CpuConstraint(CpuQuantity{quantity->MilliValue()});
}

absl::StatusOr<CpuConstraint> ReadCpus(const Node& node) {
  if (const std::optional<double> number = PlainNumber(node)) {
    if (*number < 0 || *number > kMostCpus) {
      return InvalidArgument("invalid number of CPUs {}, expected 0 to {}", node.text, kMostCpus);
    }
    return CpuConstraint(CpuQuantity{static_cast<int64_t>(*number * 1000)});
  }
  if (!ScalarText(node)) return Expected(node, kCpusExpected);
  return ReadCpusText(node);
}

}  // namespace

ValueType Cpus() {
  return {"CPUs", [](const Node& node) -> absl::StatusOr<Value> {
            CRM_ASSIGN_OR_RETURN(CpuConstraint cpus, ReadCpus(node));
            return Value(std::move(cpus));
          }};
}

ValueType DebugSources() {
  return {"[state:]source,...", [](const Node& node) -> absl::StatusOr<Value> {
            const std::optional<std::string> text = ScalarText(node);
            if (!text) return Expected(node, "text such as \"cache,policy\" or \"on:all,off:cache\"");
            std::vector<std::string> sources;
            std::string_view state = "on";
            for (std::string_view entry : SplitAtCommas(*text)) {
              entry = Trim(entry);
              if (entry.empty()) continue;
              const size_t colon = entry.find(':');
              if (colon != std::string_view::npos) {
                const std::string word = Lower(Trim(entry.substr(0, colon)));
                if (word == "true" || word == "on" || word == "enable" || word == "enabled" || word == "1") {
                  state = "on";
                } else if (word == "false" || word == "off" || word == "disable" || word == "disabled" ||
                           word == "0") {
                  state = "off";
                } else {
                  return InvalidArgument("invalid state {} in {}, expected on or off", Quoted(word),
                                         Quoted(*text));
                }
                entry = Trim(entry.substr(colon + 1));
              }
              if (entry.empty() || entry.find(':') != std::string_view::npos) {
                return InvalidArgument("invalid log source {} in {}, expected [state:]source", Quoted(entry),
                                       Quoted(*text));
              }
              if (entry == "all") entry = "*";
              if (entry == "instrospect") entry = "introspect";  // how the original spells it
              sources.push_back(fmt::format("{}:{}", state, entry));
            }
            return Value(std::move(sources));
          }};
}

ValueType DumpRuleList() {
  return {"[level:]pattern,...", [](const Node& node) -> absl::StatusOr<Value> {
            const std::optional<std::string> text = ScalarText(node);
            if (!text) return Expected(node, "text such as \"off:.*,full:CreateContainer\"");
            CRM_RETURN_IF_ERROR(DumpRules::Parse(*text).status());
            return Value(*text);
          }};
}

ValueType BlockIoNumber(int64_t low, int64_t high) {
  return {"quantity", [low, high](const Node& node) -> absl::StatusOr<Value> {
            const std::optional<std::string> text = ScalarText(node);
            if (text && text->empty()) return Value();
            const absl::StatusOr<Quantity> quantity =
                text ? Quantity::Parse(*text) : absl::StatusOr<Quantity>(absl::InvalidArgumentError(""));
            if (!quantity.ok()) return Expected(node, "a quantity such as 40M, 8Mi, 500");
            if (quantity->Value() < low) return Expected(node, fmt::format("a quantity of at least {}", low));
            if (quantity->Value() > high)
              return Expected(node, fmt::format("a quantity of at most {}", high));
            return Value(quantity->Value());
          }};
}

}  // namespace crm::config
