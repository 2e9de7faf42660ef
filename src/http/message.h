#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace crm::http {

/// A request as handlers see it.
struct Request {
  std::string method;                          ///< "GET", "POST", ...
  std::string path;                            ///< percent-decoded, without the query
  std::string query;                           ///< as it came, without '?'
  std::map<std::string, std::string> headers;  ///< names in lower case; of repeated ones the last
  std::string body = {};
  std::string peer;  ///< "address:port"
};

struct Response {
  int status = 200;
  std::string body = {};
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< further ones
};

/// Answers a request. Called by several threads at once; an exception becomes status 500.
using Handler = std::function<Response(const Request&)>;

}  // namespace crm::http
