#include "kube/transport.h"

#include <utility>

#include "absl/time/clock.h"
#include "base/status.h"
#include "fmt/format.h"

namespace crm::kube {
namespace {

constexpr size_t kMostIdle = 8;
constexpr absl::Duration kLongestIdle = absl::Seconds(60);
constexpr uint64_t kLargestBody = uint64_t{512} << 20;  // a list page of 500 objects of 1 MiB each

bool Idempotent(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
}

void SetHeader(HttpRequest& request, const std::string& name, std::string value) {
  for (auto& [known, old] : request.headers) {
    if (known == name) {
      old = std::move(value);
      return;
    }
  }
  request.headers.emplace_back(name, std::move(value));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> Transport::Create(const ClientConfig& config) {
  CRM_ASSIGN_OR_RETURN(Endpoint endpoint, ParseEndpoint(config.server));
  std::unique_ptr<TlsContext> tls;
  if (endpoint.tls) {
    CRM_ASSIGN_OR_RETURN(tls, TlsContext::Create(config));
  }
  return std::unique_ptr<Transport>(new Transport(std::move(endpoint), std::move(tls), config));
}

Transport::Transport(Endpoint endpoint, std::unique_ptr<TlsContext> tls, const ClientConfig& config)
    : endpoint_(std::move(endpoint)),
      tls_(std::move(tls)),
      user_agent_(config.user_agent),
      tokens_(config.bearer_token, config.token_file) {
  if (config.metrics == nullptr) return;
  requests_ = &config.metrics->Counters(
      "rest_client_requests_total", "Number of HTTP requests, partitioned by status code, method, and host.",
      {"code", "method", "host"});
}

absl::StatusOr<Transport::Answer> Transport::Begin(HttpRequest request, const CallLimits& limits) {
  request.target = endpoint_.path_prefix + request.target;
  SetHeader(request, "User-Agent", user_agent_);
  SetHeader(request, "Accept", "application/json");
  std::string token = tokens_.Current();
  if (!token.empty()) SetHeader(request, "Authorization", "Bearer " + token);
  absl::StatusOr<Answer> answer = Send(request, limits);
  if (answer.ok() && answer->status == 401 && tokens_.Refresh(token)) {
    SetHeader(request, "Authorization", "Bearer " + tokens_.Current());
    answer = Send(request, limits);
  }
  if (!answer.ok()) return Annotate(answer.status(), Describe(request));
  return answer;
}

absl::StatusOr<Transport::Answer> Transport::Send(const HttpRequest& request, const CallLimits& limits) {
  absl::StatusOr<Answer> answer = SendUncounted(request, limits);
  if (requests_ != nullptr) {
    requests_
        ->With({answer.ok() ? std::to_string(answer->status) : "<error>", request.method,
                endpoint_.HostHeader()})
        .Increment();
  }
  return answer;
}

absl::StatusOr<Transport::Answer> Transport::SendUncounted(const HttpRequest& request,
                                                           const CallLimits& limits) {
  if (std::unique_ptr<HttpConnection> pooled = TakeIdle()) {
    absl::StatusOr<int> status = pooled->Start(request, limits);
    if (status.ok()) return Answer{*status, std::move(pooled)};
    bool stale = status.status().code() == absl::StatusCode::kUnavailable && !pooled->answered();
    if (!stale || !Idempotent(request.method)) return status.status();
  }
  auto connection =
      std::make_unique<HttpConnection>(ByteStream::Create(endpoint_, tls_.get()), endpoint_.HostHeader());
  CRM_RETURN_IF_ERROR(connection->Connect(limits));
  CRM_ASSIGN_OR_RETURN(int status, connection->Start(request, limits));
  return Answer{status, std::move(connection)};
}

absl::StatusOr<Transport::Response> Transport::Call(HttpRequest request, const CallLimits& limits) {
  CRM_ASSIGN_OR_RETURN(Answer answer, Begin(request, limits));
  absl::StatusOr<std::string> body = answer.connection->ReadAll(kLargestBody, limits);
  if (!body.ok()) return Annotate(body.status(), Describe(request));
  Keep(std::move(answer.connection));
  return Response{answer.status, *std::move(body)};
}

void Transport::Keep(std::unique_ptr<HttpConnection> connection) {
  if (!connection->Reusable()) return;
  absl::MutexLock lock(&mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back({std::move(connection), absl::Now()});
}

std::unique_ptr<HttpConnection> Transport::TakeIdle() {
  while (true) {
    std::unique_ptr<HttpConnection> connection;
    {
      absl::MutexLock lock(&mutex_);
      if (idle_.empty()) return nullptr;
      if (absl::Now() - idle_.back().since > kLongestIdle) {
        idle_.clear();  // the others are older
        return nullptr;
      }
      connection = std::move(idle_.back().connection);
      idle_.pop_back();
    }
    if (connection->Reusable()) return connection;
  }
}

std::string Transport::Describe(const HttpRequest& request) const {
  return fmt::format("{} {} on {}://{}", request.method, request.target, endpoint_.tls ? "https" : "http",
                     endpoint_.HostHeader());
}

}  // namespace crm::kube
