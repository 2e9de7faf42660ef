#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace crm::http {

/// `text` with %XX replaced (RFC 3986 section 2.1); nullopt when a '%' is not followed by two digits or
/// stands for a NUL byte.
std::optional<std::string> PercentDecode(std::string_view text);

/// "a=1&b=x%20y" as a map ('+' is a space too); of repeated names the first counts, what can not be decoded
/// is left out.
std::map<std::string, std::string> QueryParameters(std::string_view query);

}  // namespace crm::http
