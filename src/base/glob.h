#pragma once

#include <string_view>

namespace crm {

/// Whether the whole of `text` matches `pattern`: `*` any run without '/', `?` one character but '/', `[a-z]`
/// and
/// `[^a-z]` classes, `\` escapes. A malformed pattern matches nothing. Spec 20 section 12.7.
bool GlobMatch(std::string_view pattern, std::string_view text);

/// False for patterns that GlobMatch can never match because they are malformed.
bool GlobIsValid(std::string_view pattern);

}  // namespace crm
