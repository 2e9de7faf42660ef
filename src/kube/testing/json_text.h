#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kube/client.h"

namespace crm::kube::testing {

/// How deep values from outside may nest; deeper ones would exhaust the stack of whoever copies or prints
/// them.
inline constexpr int kMaxNesting = 200;

/// Parses one JSON value. InvalidArgument with the place and the reason, also for nesting beyond kMaxNesting
/// and text that is no UTF-8. Never throws.
absl::StatusOr<Json> ParseJson(std::string_view text);

/// Parses one YAML document (or JSON, its subset) into the JSON value that Kubernetes clients make of it:
/// plain scalars are typed as in YAML 1.1 (yes/no/on/off are booleans, 0x1f and 017 integers), quoted ones
/// are strings, keys are their text, anchors and merge keys are expanded. No document is null.
/// InvalidArgument with line and column for syntax, nesting beyond kMaxNesting and documents that expand to
/// more than a million values. Never throws.
absl::StatusOr<Json> ParseYaml(std::string_view text);

/// All documents of a stream, those that are empty left out.
absl::StatusOr<std::vector<Json>> ParseYamlStream(std::string_view text);

}  // namespace crm::kube::testing
