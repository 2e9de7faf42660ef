#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crm::install {

/// One assignment of an EnvironmentFile= with where it stands: everything else (comments, blank lines) can be
/// kept byte for byte around it.
struct Assignment {
  size_t begin = 0;  ///< of the name
  size_t end = 0;    ///< one past the value; the newline that ends it is not included
  std::string name;
  std::string value;  ///< quotes, escapes and continuations resolved
};

/// Reads a file as systemd reads EnvironmentFile=. Lines without '=' are ignored, as systemd ignores them.
/// Pure. Source: systemd.exec(5), EnvironmentFile=.
std::vector<Assignment> ParseEnvironmentFile(std::string_view text);

/// The value in effect (the last one); nullopt when the name is not assigned.
std::optional<std::string> FindAssignment(std::string_view text, std::string_view name);

/// "NAME=value", quoted when systemd would read the bare value differently.
std::string FormatAssignment(std::string_view name, std::string_view value);

}  // namespace crm::install
