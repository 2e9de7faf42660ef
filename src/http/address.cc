#include "http/address.h"

#include <arpa/inet.h>

#include <charconv>

#include "base/status.h"

namespace crm::http {

absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text) {
  const auto wrong = [&text] {
    return InvalidArgument("address \"{}\": expected IP:PORT or :PORT, as 127.0.0.1:8080", text);
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return wrong();
  ListenAddress address;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, address.port);
  if (parsed.ec != std::errc() || parsed.ptr != end) return wrong();
  address.host = text.substr(0, colon);
  unsigned char binary[sizeof(in6_addr)];
  if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
    if (inet_pton(AF_INET6, address.host.c_str(), binary) != 1) return wrong();
    return address;
  }
  if (address.host == "localhost") address.host = "127.0.0.1";
  if (!address.host.empty() && inet_pton(AF_INET, address.host.c_str(), binary) != 1) return wrong();
  return address;
}

}  // namespace crm::http
