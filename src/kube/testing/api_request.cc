#include "kube/testing/api_request.h"

#include <algorithm>
#include <vector>

namespace crm::kube::testing {

namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> Decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    decoded += c;
  }
  return decoded;
}

std::vector<std::string> Segments(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    if (path.front() == '/') path.remove_prefix(1);
    const size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) segments.emplace_back(path.substr(0, slash));
    path.remove_prefix(slash);
  }
  return segments;
}

}  // namespace

std::string ParsedTarget::Query(const std::string& key) const {
  auto found = query.find(key);
  return found == query.end() ? "" : found->second;
}

bool ParsedTarget::QueryIsTrue(const std::string& key) const {
  const std::string value = Query(key);
  return value == "true" || value == "1";
}

std::optional<ParsedTarget> ParseTarget(std::string_view target) {
  ParsedTarget parsed;
  const size_t mark = target.find('?');
  std::optional<std::string> path = Decode(target.substr(0, mark), false);
  if (!path) return std::nullopt;
  parsed.path = *std::move(path);
  std::string_view rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const size_t equal = pair.find('=');
    std::optional<std::string> key = Decode(pair.substr(0, equal), true);
    std::optional<std::string> value =
        Decode(equal == std::string_view::npos ? std::string_view() : pair.substr(equal + 1), true);
    if (!key || !value) return std::nullopt;
    if (!key->empty())
      parsed.query.emplace(*std::move(key), *std::move(value));  // the first of a name counts
  }
  return parsed;
}

std::optional<ResourcePath> ResolvePath(const ResourceRegistry& registry, std::string_view path) {
  std::vector<std::string> segments = Segments(path);
  if (segments.size() < 3) return std::nullopt;
  std::string group;
  std::string version;
  if (segments[0] == "api") {
    version = segments[1];
    segments.erase(segments.begin(), segments.begin() + 2);
  } else if (segments[0] == "apis" && segments.size() >= 4) {
    group = segments[1];
    version = segments[2];
    segments.erase(segments.begin(), segments.begin() + 3);
  } else {
    return std::nullopt;
  }
  ResourcePath result;
  const bool of_namespace_itself =
      group.empty() && segments.size() == 3 && (segments[2] == "status" || segments[2] == "finalize");
  if (segments[0] == "namespaces" && segments.size() >= 3 && !of_namespace_itself) {
    result.ns = segments[1];
    segments.erase(segments.begin(), segments.begin() + 2);
  }
  if (segments.size() > 3) return std::nullopt;
  result.type = registry.Find(group, version, segments[0]);
  if (result.type == nullptr) return std::nullopt;
  if (segments.size() > 1) result.name = segments[1];
  if (segments.size() > 2) result.subresource = segments[2];
  if (!result.type->namespaced && !result.ns.empty()) return std::nullopt;
  if (result.type->namespaced && result.ns.empty() && !result.name.empty()) return std::nullopt;
  if (!result.subresource.empty() && (result.subresource != "status" || !result.type->has_status))
    return std::nullopt;
  return result;
}

}  // namespace crm::kube::testing
