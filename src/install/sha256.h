#pragma once

#include <string>
#include <string_view>

namespace crm::install {

/// SHA-256 as 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view data);

}  // namespace crm::install
