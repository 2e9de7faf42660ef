#include "kube/forwarding_client.h"

#include "nlohmann/json.hpp"

namespace crm::kube {

absl::StatusOr<Json> ForwardingClient::Get(const Resource& resource, std::string_view ns,
                                           std::string_view name) {
  return to_.Get(resource, ns, name);
}

absl::StatusOr<Json> ForwardingClient::List(const Resource& resource, std::string_view ns,
                                            const ListOptions& options) {
  return to_.List(resource, ns, options);
}

absl::StatusOr<Json> ForwardingClient::Create(const Resource& resource, std::string_view ns,
                                              const Json& object) {
  return to_.Create(resource, ns, object);
}

absl::StatusOr<Json> ForwardingClient::Update(const Resource& resource, std::string_view ns,
                                              std::string_view name, const Json& object) {
  return to_.Update(resource, ns, name, object);
}

absl::StatusOr<Json> ForwardingClient::Patch(const Resource& resource, std::string_view ns,
                                             std::string_view name, PatchType type, const Json& patch,
                                             const PatchOptions& options) {
  return to_.Patch(resource, ns, name, type, patch, options);
}

absl::Status ForwardingClient::Delete(const Resource& resource, std::string_view ns, std::string_view name,
                                      const DeleteOptions& options) {
  return to_.Delete(resource, ns, name, options);
}

absl::Status ForwardingClient::Watch(const Resource& resource, std::string_view ns,
                                     const ListOptions& options, const std::string& resource_version,
                                     Cancellation& cancellation,
                                     const std::function<void(WatchEventType, Json object)>& on_event) {
  return to_.Watch(resource, ns, options, resource_version, cancellation, on_event);
}

absl::StatusOr<std::string> ForwardingClient::Raw(std::string_view method, std::string_view path,
                                                  std::string_view body) {
  return to_.Raw(method, path, body);
}

std::unique_ptr<Client> Client::With(const CallPolicy&) { return std::make_unique<ForwardingClient>(*this); }

}  // namespace crm::kube
