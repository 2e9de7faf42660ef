#pragma once

#include <string>
#include <string_view>

namespace crm::kube {

/// `text` as one path segment or query value (RFC 3986 section 2.3: all but unreserved characters are
/// encoded).
std::string PercentEncode(std::string_view text);

/// Appends "?name=value" or "&name=value", the value encoded.
void AddQuery(std::string& target, std::string_view name, std::string_view value);

}  // namespace crm::kube
