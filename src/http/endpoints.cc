#include "http/endpoints.h"

#include <utility>

#include "base/status.h"
#include "fmt/format.h"
#include "http/percent.h"
#include "metrics/registry.h"

namespace crm::http {

void HealthChecks::Add(const std::string& name, Check check) {
  absl::MutexLock lock(&mutex_);
  checks_[name] = std::move(check);
}

Response HealthChecks::Answer(const std::string& path, const Request& request) const {
  std::map<std::string, Check> checks;
  {
    absl::MutexLock lock(&mutex_);
    checks = checks_;
  }
  const auto parameters = QueryParameters(request.query);
  bool verbose = parameters.count("verbose") > 0;
  if (auto excluded = parameters.find("exclude"); excluded != parameters.end())
    checks.erase(excluded->second);
  if (request.path.size() > path.size() + 1) {  // path/NAME
    auto one = checks.extract(request.path.substr(path.size() + 1));
    if (one.empty()) return {404, "404 no such check\n"};
    checks.clear();
    checks.insert(std::move(one));
  }
  Response response;
  bool healthy = true;
  for (const auto& [name, check] : checks) {
    const absl::Status status = check();
    healthy = healthy && status.ok();
    response.body += status.ok() ? fmt::format("[+]{} ok\n", name)
                                 : fmt::format("[-]{} failed: {}\n", name, Message(status));
  }
  const std::string name = path.empty() ? path : path.substr(1);
  if (!healthy) {
    response.status = 500;
    response.body += fmt::format("{} check failed\n", name);
  } else if (verbose) {
    response.body += fmt::format("{} check passed\n", name);
  } else {
    response.body = "ok";
  }
  return response;
}

void ServeHealth(Router& router, const std::string& path, const HealthChecks& checks) {
  const Handler handler = [path, &checks](const Request& request) { return checks.Answer(path, request); };
  router.Handle("GET", path, handler);
  router.Handle("GET", path + "/", handler);
}

void ServeMetrics(Router& router, metrics::Registry& registry) {
  router.Handle("GET", "/metrics", [&registry](const Request&) {
    return Response{200, registry.Text(), metrics::Registry::kContentType, {}};
  });
}

}  // namespace crm::http
