#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "config/schema_tree.h"
#include "config/yaml.h"

namespace crm::config {

using ReportError = std::function<void(std::string path, std::string message)>;

/// The path of `key` below `path`; keys with characters that would blur the path or a log line stand in
/// quotes.
std::string PathOf(std::string_view path, std::string_view key);

/// What to say about a key that the schema does not know.
std::string UnknownKeyMessage(const SchemaNode& schema, std::string_view key);

/// Rewrites dotted keys ("policy.Active: none") as nested ones, at any level. A dotted key that addresses
/// what is given already is reported, and so is one whose parts the schema does not know. Spec 10
/// section 6.1.
Node Undot(const SchemaNode& schema, Node node, const std::string& path, const ReportError& report);

}  // namespace crm::config
