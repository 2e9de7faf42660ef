#include "kube/testing/embedded_server.h"

#include "base/fs.h"
#include "base/status.h"
#include "fmt/format.h"
#include "kube/testing/http_listener.h"
#include "kube/testing/json_text.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

class EmbeddedServer::Impl {
 public:
  explicit Impl(std::unique_ptr<ApiServer> server) : api(std::move(server)) {}

  std::unique_ptr<ApiServer> api;
  std::unique_ptr<HttpListener> listener;  // after the API it serves
};

absl::StatusOr<std::vector<Json>> LoadYamlDirectory(const std::string& directory) {
  CRM_ASSIGN_OR_RETURN(const std::vector<std::string> names, RealFileSystem().List(directory));
  std::vector<Json> all;
  for (const std::string& name : names) {
    if (!name.ends_with(".yaml") && !name.ends_with(".yml")) continue;
    const std::string path = directory + "/" + name;
    CRM_ASSIGN_OR_RETURN(const std::string text, RealFileSystem().Read(path));
    absl::StatusOr<std::vector<Json>> documents = ParseYamlStream(text);
    if (!documents.ok()) return Annotate(documents.status(), path);
    for (Json& document : *documents) all.push_back(std::move(document));
  }
  return all;
}

absl::StatusOr<std::unique_ptr<EmbeddedServer>> EmbeddedServer::Start(EmbeddedServerOptions options) {
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<ApiServer> api, ApiServer::Open(options.store));
  if (!options.crd_directory.empty()) {
    CRM_ASSIGN_OR_RETURN(const std::vector<Json> crds, LoadYamlDirectory(options.crd_directory));
    for (const Json& crd : crds) {
      CRM_RETURN_IF_ERROR(Annotate(api->EnsureCrd(crd), options.crd_directory));
    }
  }
  auto impl = std::make_unique<Impl>(std::move(api));
  Impl* const raw = impl.get();
  CRM_ASSIGN_OR_RETURN(impl->listener, HttpListener::Start(*impl->api, options.listen,
                                                           {options.max_body_bytes, options.max_connections,
                                                            options.bookmark_interval}));
  impl->api->OnChange([raw] { raw->listener->NotifyChange(); });
  return std::unique_ptr<EmbeddedServer>(new EmbeddedServer(std::move(impl)));
}

EmbeddedServer::EmbeddedServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EmbeddedServer::~EmbeddedServer() { Stop(); }
void EmbeddedServer::Stop() { impl_->listener->Stop(); }
int EmbeddedServer::port() const { return impl_->listener->port(); }
std::string EmbeddedServer::url() const { return fmt::format("http://127.0.0.1:{}", port()); }
ApiServer& EmbeddedServer::api() { return *impl_->api; }
void EmbeddedServer::DropWatches() { impl_->listener->DropWatches(); }
size_t EmbeddedServer::open_watches() const { return impl_->listener->open_watches(); }

ClientConfig EmbeddedServer::client_config() const {
  ClientConfig config;
  config.server = url();
  return config;
}

std::string EmbeddedServer::kubeconfig() const {
  return fmt::format(
      "apiVersion: v1\n"
      "kind: Config\n"
      "clusters:\n"
      "- name: embedded\n"
      "  cluster:\n"
      "    server: {}\n"
      "users:\n"
      "- name: anyone\n"
      "  user: {{}}\n"
      "contexts:\n"
      "- name: embedded\n"
      "  context:\n"
      "    cluster: embedded\n"
      "    user: anyone\n"
      "current-context: embedded\n",
      url());
}

}  // namespace crm::kube::testing
