#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "config/yaml.h"

namespace crm::config {

/// How plain scalars become numbers and booleans: YAML 1.1 as the users' texts are written for (yes, no, on,
/// off), but numbers with leading zeros are refused because readers disagree about them. nullopt: it is none.
std::optional<bool> PlainBool(const Node& node);
std::optional<int64_t> PlainInteger(const Node& node);
std::optional<double> PlainNumber(const Node& node);
/// The text of any scalar but a plain boolean: a number may stand where text is expected.
std::optional<std::string> ScalarText(const Node& node);

/// InvalidArgument "invalid value X, expected WHAT".
absl::Status Expected(const Node& node, std::string_view what);

}  // namespace crm::config
