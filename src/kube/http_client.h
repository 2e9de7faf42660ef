#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "kube/client.h"
#include "kube/transport.h"

namespace crm::kube {

/// How long watches live. The server ends a watch after a random time between min and max, so that many
/// clients do not come back at once; a watch that is silent for longer than that plus the grace has lost its
/// server.
struct WatchTimes {
  absl::Duration min = absl::Minutes(5);
  absl::Duration max = absl::Minutes(10);
  absl::Duration grace = absl::Seconds(30);
};

/// The client of client.h over HTTP.
class HttpClient : public Client {
 public:
  static absl::StatusOr<std::unique_ptr<HttpClient>> Create(const ClientConfig& config,
                                                            WatchTimes times = {});

  absl::StatusOr<Json> Get(const Resource& resource, std::string_view ns, std::string_view name) override;
  absl::StatusOr<Json> List(const Resource& resource, std::string_view ns,
                            const ListOptions& options) override;
  absl::StatusOr<Json> Create(const Resource& resource, std::string_view ns, const Json& object) override;
  absl::StatusOr<Json> Update(const Resource& resource, std::string_view ns, std::string_view name,
                              const Json& object) override;
  absl::StatusOr<Json> Patch(const Resource& resource, std::string_view ns, std::string_view name,
                             PatchType type, const Json& patch, const PatchOptions& options) override;
  absl::Status Delete(const Resource& resource, std::string_view ns, std::string_view name,
                      const DeleteOptions& options) override;
  absl::Status Watch(const Resource& resource, std::string_view ns, const ListOptions& options,
                     const std::string& resource_version, Cancellation& cancellation,
                     const std::function<void(WatchEventType, Json object)>& on_event) override;
  absl::StatusOr<std::string> Raw(std::string_view method, std::string_view path,
                                  std::string_view body) override;
  std::unique_ptr<Client> With(const CallPolicy& policy) override;

 private:
  HttpClient(std::shared_ptr<Transport> transport, CallPolicy policy, WatchTimes times)
      : transport_(std::move(transport)), policy_(policy), times_(times) {}

  absl::StatusOr<std::string> Call(HttpRequest request, Cancellation* cancellation = nullptr);
  absl::StatusOr<Json> CallForObject(HttpRequest request, Cancellation* cancellation = nullptr);
  absl::StatusOr<Json> ListOnce(const std::string& path, const ListOptions& options, int limit);

  const std::shared_ptr<Transport> transport_;
  const CallPolicy policy_;
  const WatchTimes times_;
};

}  // namespace crm::kube
