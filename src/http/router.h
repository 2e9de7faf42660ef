#pragma once

#include <map>
#include <string>

#include "http/message.h"

namespace crm::http {

/// Finds the handler of a path. Filled before the server starts, then only read.
class Router {
 public:
  /// `path` is matched whole, or as a prefix when it ends with '/'; of several the longest wins. GET answers
  /// HEAD too. The same method and path again replaces the handler.
  void Handle(const std::string& method, const std::string& path, Handler handler);

  /// 404 for an unknown path, 405 for a known one with another method.
  Response Route(const Request& request) const;

 private:
  using Methods = std::map<std::string, Handler>;
  const Methods* Find(const std::string& path) const;

  std::map<std::string, Methods> paths_;
};

}  // namespace crm::http
