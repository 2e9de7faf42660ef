#include "kube/endpoint.h"

#include <algorithm>
#include <string_view>

#include "base/status.h"
#include "fmt/format.h"

namespace crm::kube {
namespace {

bool IsPort(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
  int number = std::stoi(std::string(text));
  return number > 0 && number < 65536;
}

bool Printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::string Endpoint::HostHeader() const {
  std::string name = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
  return port == (tls ? "443" : "80") ? name : fmt::format("{}:{}", name, port);
}

absl::StatusOr<Endpoint> ParseEndpoint(const std::string& url) {
  auto wrong = [&url](std::string_view what) {
    return InvalidArgument("server \"{}\": {}; expected https://host:port", url, what);
  };
  Endpoint endpoint;
  std::string_view rest = url;
  if (!Printable(rest)) return wrong("a space or an unprintable character");
  if (rest.substr(0, 8) == "https://") {
    rest.remove_prefix(8);
  } else if (rest.substr(0, 7) == "http://") {
    endpoint.tls = false;
    rest.remove_prefix(7);
  } else {
    return wrong("no https:// or http://");
  }
  if (rest.find_first_of("?#@") != std::string_view::npos) return wrong("a user, query or fragment");
  if (size_t slash = rest.find('/'); slash != std::string_view::npos) {
    endpoint.path_prefix = rest.substr(slash);
    while (!endpoint.path_prefix.empty() && endpoint.path_prefix.back() == '/')
      endpoint.path_prefix.pop_back();
    rest = rest.substr(0, slash);
  }
  std::string_view after_host;
  if (!rest.empty() && rest.front() == '[') {
    size_t end = rest.find(']');
    if (end == std::string_view::npos) return wrong("no ] after the address");
    endpoint.host = rest.substr(1, end - 1);
    after_host = rest.substr(end + 1);
  } else {
    size_t colon = std::min(rest.find(':'), rest.size());
    endpoint.host = rest.substr(0, colon);
    after_host = rest.substr(colon);
  }
  if (endpoint.host.empty()) return wrong("no host");
  endpoint.port = endpoint.tls ? "443" : "80";
  if (!after_host.empty()) {
    if (after_host.front() != ':' || !IsPort(after_host.substr(1))) return wrong("no valid port");
    endpoint.port = after_host.substr(1);
  }
  return endpoint;
}

}  // namespace crm::kube
