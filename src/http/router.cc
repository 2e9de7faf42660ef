#include "http/router.h"

#include <utility>

#include "fmt/format.h"

namespace crm::http {

void Router::Handle(const std::string& method, const std::string& path, Handler handler) {
  paths_[path][method] = std::move(handler);
}

const Router::Methods* Router::Find(const std::string& path) const {
  if (auto whole = paths_.find(path); whole != paths_.end()) return &whole->second;
  for (size_t slash = path.rfind('/'); slash != std::string::npos;
       slash = slash == 0 ? std::string::npos : path.rfind('/', slash - 1)) {
    if (auto prefix = paths_.find(path.substr(0, slash + 1)); prefix != paths_.end()) return &prefix->second;
  }
  return nullptr;
}

Response Router::Route(const Request& request) const {
  const Methods* methods = Find(request.path);
  if (methods == nullptr) return {404, "404 page not found\n"};
  auto handler = methods->find(request.method);
  if (handler == methods->end() && request.method == "HEAD") handler = methods->find("GET");
  if (handler != methods->end()) return handler->second(request);
  std::string allowed;
  for (const auto& [method, ignored] : *methods) {
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", method);
    if (method == "GET") allowed += ", HEAD";
  }
  Response response{405, fmt::format("405 method {} is not allowed\n", request.method)};
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace crm::http
