#pragma once

#include <string>

namespace crm {

/// The release, as the build knows it ("0.1.0").
const char* Version();

/// The identity that the linker gave this program (its GNU build id, hexadecimal); "unknown" without one.
std::string BuildId();

}  // namespace crm
