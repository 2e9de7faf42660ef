#include "kube/testing/json_text.h"

#include <algorithm>

#include "base/status.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

bool NestsTooDeep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxNesting) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<Json> ParseJson(std::string_view text) {
  if (NestsTooDeep(text))
    return InvalidArgument("json parse error: nested deeper than {} levels", kMaxNesting);
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    return InvalidArgument("json parse error: {}", error.what());
  }
}

}  // namespace crm::kube::testing
