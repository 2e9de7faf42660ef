#pragma once

#include <memory>
#include <string>

#include "kube/client.h"

namespace crm::kube {

/// Hands every call to another client, which outlives it: the base of what changes a few of them.
class ForwardingClient : public Client {
 public:
  explicit ForwardingClient(Client& to) : to_(to) {}

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

 protected:
  Client& to_;
};

}  // namespace crm::kube
