#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace crm::config {

/// How much of a CRI call is written to the log.
enum class DumpLevel {
  kOff,   ///< nothing
  kName,  ///< that it happened
  kFull,  ///< its messages, too
};

/// The rules of dump.Config: which CRI methods are dumped, and how. A value type. Spec 10 section 11.1.
class DumpRules {
 public:
  /// No rules: everything is off.
  DumpRules() = default;
  /// "[level:]pattern,...". InvalidArgument with "dump: ..." for an unknown level or a regular expression
  /// that does not compile.
  static absl::StatusOr<DumpRules> Parse(std::string_view text);

  /// The level of a method by its bare name ("CreateContainer"). Compiles expressions: keep the answer.
  DumpLevel LevelOf(std::string_view method) const;
  /// The rules in canonical form, which parses to the same rules.
  std::string ToString() const;

 private:
  struct Rule {
    DumpLevel level = DumpLevel::kFull;
    std::string pattern;
    bool is_expression = false;  ///< an unanchored regular expression; "*" is one that fits everything
  };
  std::vector<Rule> rules_;
};

std::string_view DumpLevelName(DumpLevel level);

}  // namespace crm::config
