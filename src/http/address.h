#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace crm::http {

struct ListenAddress {
  std::string host;  ///< an IP address; "" every address
  uint16_t port = 0;
};

/// "127.0.0.1:8080", "[::1]:8080", "localhost:8080", ":8080". InvalidArgument naming the text otherwise.
absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text);

}  // namespace crm::http
