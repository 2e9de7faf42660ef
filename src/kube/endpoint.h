#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace crm::kube {

/// Where a server listens, from a URL.
struct Endpoint {
  bool tls = true;
  std::string host;  ///< a name or an address, without brackets
  std::string port;
  std::string path_prefix;  ///< "" or "/prefix", put before every path

  /// What belongs into the Host header: brackets around IPv6, no default port.
  std::string HostHeader() const;
};

/// "https://host[:port][/prefix]" or "http://...". InvalidArgument naming the URL otherwise.
absl::StatusOr<Endpoint> ParseEndpoint(const std::string& url);

}  // namespace crm::kube
