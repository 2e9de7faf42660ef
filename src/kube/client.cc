#include "kube/client.h"

#include <algorithm>
#include <random>
#include <utility>

#include "base/status.h"
#include "fmt/format.h"
#include "kube/api_error.h"
#include "kube/http_client.h"
#include "kube/objects.h"
#include "kube/url.h"
#include "kube/watch_decoder.h"
#include "nlohmann/json.hpp"

namespace crm::kube {
namespace {

constexpr int kPagedAttempts = 2;  // before a list whose pages expire is asked for whole

std::string CallName(const HttpRequest& request) {
  return fmt::format("{} {}", request.method, request.target);
}

// An empty name would address the whole collection, "." and ".." another path.
absl::Status CheckName(const Resource& resource, std::string_view ns, std::string_view name) {
  for (std::string_view part : {ns, name}) {
    if (part == "." || part == ".." || part.find_first_of("/%") != std::string_view::npos) {
      return InvalidArgument("{} \"{}\" in namespace \"{}\": expected names of Kubernetes objects",
                             resource.plural, name, ns);
    }
  }
  if (name.empty()) return InvalidArgument("{}: no name given", resource.plural);
  if (resource.namespaced && ns.empty()) {
    return InvalidArgument("{} \"{}\": no namespace given", resource.plural, name);
  }
  return absl::OkStatus();
}

absl::StatusOr<HttpRequest> WithBody(std::string method, std::string target, const char* content_type,
                                     const Json& body) {
  HttpRequest request{std::move(method), std::move(target), {{"Content-Type", content_type}}, ""};
  try {
    request.body = body.dump();
  } catch (const Json::exception& error) {
    return InvalidArgument("{}: the object is not valid UTF-8: {}", CallName(request), error.what());
  }
  return request;
}

void AddSelectors(std::string& target, const ListOptions& options) {
  if (!options.label_selector.empty()) AddQuery(target, "labelSelector", options.label_selector);
  if (!options.field_selector.empty()) AddQuery(target, "fieldSelector", options.field_selector);
}

// Servers leave kind and apiVersion out of the items of built-in lists; with them an object looks the same
// from a list, a watch and a get.
void CompleteItem(Json& item, const Json& list) {
  if (!item.is_object()) return;
  std::string_view kind = Kind(list);
  if (kind.size() <= 4 || kind.substr(kind.size() - 4) != "List") return;
  if (!item.contains("kind")) item["kind"] = std::string(kind.substr(0, kind.size() - 4));
  if (!item.contains("apiVersion") && list.contains("apiVersion")) item["apiVersion"] = list["apiVersion"];
}

// What is cancelled when one of two (each may be nullptr) is.
class EitherCancellation {
 public:
  EitherCancellation(Cancellation* one, Cancellation* other) : only_(one == nullptr ? other : one) {
    if (one == nullptr || other == nullptr) return;
    both_ = std::make_unique<Cancellation>();
    only_ = both_.get();
    first_ = one->OnCancel([both = only_] { both->Cancel(); });
    second_ = other->OnCancel([both = only_] { both->Cancel(); });
  }
  Cancellation* get() const { return only_; }

 private:
  Cancellation* only_;
  std::unique_ptr<Cancellation> both_;
  std::shared_ptr<void> first_;
  std::shared_ptr<void> second_;
};

int RandomSeconds(absl::Duration least, absl::Duration most) {
  thread_local std::minstd_rand engine{std::random_device{}()};
  auto low = std::max<int64_t>(1, absl::ToInt64Seconds(least));
  auto high = std::max<int64_t>(low, absl::ToInt64Seconds(most));
  return static_cast<int>(std::uniform_int_distribution<int64_t>(low, high)(engine));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Create(ClientConfig config) {
  return HttpClient::Create(config);
}

absl::StatusOr<std::unique_ptr<HttpClient>> HttpClient::Create(const ClientConfig& config, WatchTimes times) {
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<Transport> transport, Transport::Create(config));
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(transport), {config.timeout, nullptr}, times));
}

std::unique_ptr<Client> HttpClient::With(const CallPolicy& policy) {
  CallPolicy narrower = policy_;
  narrower.timeout = std::min(policy_.timeout, policy.timeout);
  if (policy.cancellation != nullptr) narrower.cancellation = policy.cancellation;
  return std::unique_ptr<Client>(new HttpClient(transport_, narrower, times_));
}

absl::StatusOr<std::string> HttpClient::Call(HttpRequest request, Cancellation* cancellation) {
  std::string name = CallName(request);
  const EitherCancellation either(policy_.cancellation, cancellation);
  CRM_ASSIGN_OR_RETURN(Transport::Response response,
                       transport_->Call(std::move(request), LimitsAfter(policy_.timeout, either.get())));
  if (response.status < 200 || response.status > 299)
    return StatusOfAnswer(response.status, response.body, name);
  return std::move(response.body);
}

absl::StatusOr<Json> HttpClient::CallForObject(HttpRequest request, Cancellation* cancellation) {
  std::string name = CallName(request);
  CRM_ASSIGN_OR_RETURN(std::string body, Call(std::move(request), cancellation));
  Json object = Json::parse(body, nullptr, false);
  if (!object.is_object()) return Internal("{}: the answer is no JSON object", name);
  return object;
}

absl::StatusOr<Json> HttpClient::Get(const Resource& resource, std::string_view ns, std::string_view name) {
  CRM_RETURN_IF_ERROR(CheckName(resource, ns, name));
  return CallForObject({"GET", resource.Path(ns, name), {}, ""});
}

absl::StatusOr<Json> HttpClient::List(const Resource& resource, std::string_view ns,
                                      const ListOptions& options) {
  std::string path = resource.Path(ns);
  for (int attempt = 0;; ++attempt) {
    bool paged = options.limit > 0 && attempt < kPagedAttempts;
    absl::StatusOr<Json> list = ListOnce(path, options, paged ? options.limit : 0);
    if (paged && list.status().code() == absl::StatusCode::kOutOfRange) continue;
    return list;
  }
}

// OutOfRange when the server has forgotten the list's version between two pages.
absl::StatusOr<Json> HttpClient::ListOnce(const std::string& path, const ListOptions& options, int limit) {
  Json list;
  std::string next;
  while (true) {
    HttpRequest request{"GET", path, {}, ""};
    AddSelectors(request.target, options);
    if (limit > 0) AddQuery(request.target, "limit", std::to_string(limit));
    if (!next.empty()) AddQuery(request.target, "continue", next);
    CRM_ASSIGN_OR_RETURN(Json page, CallForObject(request, options.cancellation));
    Json& items = page["items"];
    if (items.is_null()) items = Json::array();
    if (!items.is_array()) return Internal("{}: the list's items are no array", CallName(request));
    for (Json& item : items) CompleteItem(item, page);
    std::string token(FindString(page, {"metadata", "continue"}));
    if (!token.empty() && token == next) return Internal("{}: the server repeats a page", CallName(request));
    next = std::move(token);
    if (list.is_null()) {
      list = std::move(page);
    } else {
      Json& all = list["items"];
      std::move(items.begin(), items.end(), std::back_inserter(all));
    }
    if (next.empty()) break;
  }
  if (list.contains("metadata") && list["metadata"].is_object()) {
    list["metadata"].erase("continue");
    list["metadata"].erase("remainingItemCount");
  }
  return list;
}

absl::StatusOr<Json> HttpClient::Create(const Resource& resource, std::string_view ns, const Json& object) {
  if (resource.namespaced && ns.empty()) {
    return InvalidArgument("{} \"{}\": no namespace given", resource.plural, Name(object));
  }
  CRM_ASSIGN_OR_RETURN(HttpRequest request, WithBody("POST", resource.Path(ns), "application/json", object));
  return CallForObject(std::move(request));
}

absl::StatusOr<Json> HttpClient::Update(const Resource& resource, std::string_view ns, std::string_view name,
                                        const Json& object) {
  CRM_RETURN_IF_ERROR(CheckName(resource, ns, name));
  CRM_ASSIGN_OR_RETURN(HttpRequest request,
                       WithBody("PUT", resource.Path(ns, name), "application/json", object));
  return CallForObject(std::move(request));
}

absl::StatusOr<Json> HttpClient::Patch(const Resource& resource, std::string_view ns, std::string_view name,
                                       PatchType type, const Json& patch, const PatchOptions& options) {
  CRM_RETURN_IF_ERROR(CheckName(resource, ns, name));
  const char* content_type = type == PatchType::kMerge  ? "application/merge-patch+json"
                             : type == PatchType::kJson ? "application/json-patch+json"
                                                        : "application/apply-patch+yaml";  // JSON is YAML
  std::string target = resource.Path(ns, name, options.subresource);
  if (!options.field_manager.empty()) AddQuery(target, "fieldManager", options.field_manager);
  if (options.force) AddQuery(target, "force", "true");
  if (options.dry_run) AddQuery(target, "dryRun", "All");
  CRM_ASSIGN_OR_RETURN(HttpRequest request, WithBody("PATCH", std::move(target), content_type, patch));
  return CallForObject(std::move(request));
}

absl::Status HttpClient::Delete(const Resource& resource, std::string_view ns, std::string_view name,
                                const DeleteOptions& options) {
  CRM_RETURN_IF_ERROR(CheckName(resource, ns, name));
  Json body = {{"kind", "DeleteOptions"}, {"apiVersion", "v1"}};
  if (!options.uid.empty()) body["preconditions"]["uid"] = options.uid;
  if (!options.resource_version.empty()) body["preconditions"]["resourceVersion"] = options.resource_version;
  if (!options.propagation.empty()) body["propagationPolicy"] = options.propagation;
  CRM_ASSIGN_OR_RETURN(HttpRequest request,
                       WithBody("DELETE", resource.Path(ns, name), "application/json", body));
  return Call(std::move(request)).status();
}

absl::Status HttpClient::Watch(const Resource& resource, std::string_view ns, const ListOptions& options,
                               const std::string& resource_version, Cancellation& cancellation,
                               const std::function<void(WatchEventType, Json object)>& on_event) {
  const int seconds = RandomSeconds(times_.min, times_.max);
  HttpRequest request{"GET", resource.Path(ns), {}, ""};
  AddQuery(request.target, "watch", "true");
  AddQuery(request.target, "allowWatchBookmarks", "true");
  AddQuery(request.target, "resourceVersion", resource_version);
  AddQuery(request.target, "timeoutSeconds", std::to_string(seconds));
  AddSelectors(request.target, options);
  const std::string call = CallName(request);
  const EitherCancellation either(policy_.cancellation, &cancellation);
  CRM_ASSIGN_OR_RETURN(Transport::Answer answer,
                       transport_->Begin(request, LimitsAfter(policy_.timeout, either.get())));
  if (answer.status != 200) {
    absl::StatusOr<std::string> body =
        answer.connection->ReadAll(WatchDecoder::kLongestLine, LimitsAfter(policy_.timeout, either.get()));
    if (!body.ok()) return Annotate(body.status(), call);
    transport_->Keep(std::move(answer.connection));
    return StatusOfAnswer(answer.status, *body, call);
  }
  if (options.on_open) options.on_open();
  WatchDecoder decoder(call, on_event);
  const absl::Duration silence = absl::Seconds(seconds) + times_.grace;
  while (true) {
    if (either.get()->cancelled()) return absl::CancelledError("cancelled");
    absl::StatusOr<std::string> bytes = answer.connection->ReadSome(LimitsAfter(silence, either.get()));
    if (!bytes.ok()) return Annotate(bytes.status(), call);
    if (bytes->empty()) break;
    CRM_RETURN_IF_ERROR(decoder.Feed(*bytes));
  }
  transport_->Keep(std::move(answer.connection));
  return decoder.End();
}

absl::StatusOr<std::string> HttpClient::Raw(std::string_view method, std::string_view path,
                                            std::string_view body) {
  HttpRequest request{std::string(method), std::string(path), {}, std::string(body)};
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  return Call(std::move(request));
}

}  // namespace crm::kube
