#include "kube/url.h"

#include <string>
#include <string_view>

#include "fmt/format.h"
#include "kube/client.h"

namespace crm::kube {

std::string PercentEncode(std::string_view text) {
  std::string encoded;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                 c == '.' || c == '_' || c == '~';
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

void AddQuery(std::string& target, std::string_view name, std::string_view value) {
  target +=
      fmt::format("{}{}={}", target.find('?') == std::string::npos ? '?' : '&', name, PercentEncode(value));
}

std::string Resource::Path(std::string_view ns, std::string_view name, std::string_view subresource) const {
  std::string path = group.empty() ? "/api/" : fmt::format("/apis/{}/", PercentEncode(group));
  path += PercentEncode(version);
  if (namespaced && !ns.empty()) path += "/namespaces/" + PercentEncode(ns);
  path += "/" + PercentEncode(plural);
  if (!name.empty()) path += "/" + PercentEncode(name);
  if (!subresource.empty()) path += "/" + PercentEncode(subresource);
  return path;
}

}  // namespace crm::kube
