#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace crm::install {

/// One setting of a systemd unit file, with where its value stands.
struct UnitSetting {
  std::string section;  ///< "Service"
  std::string key;      ///< "ExecStart"
  std::string value;    ///< continuation lines joined by one space, their comment lines left out
  size_t begin = 0;     ///< of the raw value, continuations included
  size_t end = 0;       ///< one past it; the newline that ends it is not included
};

/// Reads a unit file or drop-in. Pure; lines that are no setting are passed over. Source: systemd.syntax(7).
std::vector<UnitSetting> ParseUnit(std::string_view text);

/// The list that a repeatable setting ends up as over a unit's files in order (fragment, then drop-ins): an
/// empty value empties the list so far.
std::vector<std::string> EffectiveList(const std::vector<std::string>& texts, std::string_view section,
                                       std::string_view key);

}  // namespace crm::install
