#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kube/testing/resource_type.h"
#include "kube/testing/watch_stream.h"

namespace crm::kube::testing {

/// An HTTP request as the API sees it.
struct ApiRequest {
  std::string method;
  std::string target;  ///< path and query, still encoded
  std::string content_type;
  std::string accept;
  std::string body;
};

/// The answer: a body, or a watch to stream.
struct ApiAnswer {
  int code = 200;
  std::string content_type = "application/json";
  std::string body;
  std::unique_ptr<WatchStream> watch;
  int watch_timeout_seconds = 0;  ///< 0: the server's own limit
  bool drop_connection = false;   ///< an injected fault: no answer at all
};

/// A decoded target.
struct ParsedTarget {
  std::string path;
  std::map<std::string, std::string> query;

  std::string Query(const std::string& key) const;
  bool QueryIsTrue(const std::string& key) const;  ///< "1", "true"
};
/// nullopt for broken percent encoding and NUL bytes.
std::optional<ParsedTarget> ParseTarget(std::string_view target);

/// What a resource path names: "/api/v1/..." or "/apis/GROUP/VERSION/...".
struct ResourcePath {
  ResourceTypePtr type;
  std::string ns;
  std::string name;
  std::string subresource;
};
/// nullopt when no resource served here lies at the path.
std::optional<ResourcePath> ResolvePath(const ResourceRegistry& registry, std::string_view path);

}  // namespace crm::kube::testing
