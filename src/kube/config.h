#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace crm::metrics {
class Registry;
}

namespace crm::kube {

/// Where an API server is and how to authenticate. PEM texts, not paths (except token_file, which is read
/// again while running because service account tokens rotate).
struct ClientConfig {
  std::string server;  ///< "https://host:port" or "http://host:port" (embedded server, tests)
  std::string ca_pem;
  bool insecure_skip_tls_verify = false;
  std::string tls_server_name;
  std::string bearer_token;
  std::string token_file;
  std::string client_certificate_pem;
  std::string client_key_pem;
  std::string user_agent = "cri-resmgr";
  absl::Duration timeout = absl::Seconds(30);
  metrics::Registry* metrics = nullptr;  ///< not nullptr: rest_client_* metrics; outlives the client
};

/// Reads a kubeconfig file: current-context (or `context`), inline data and file references relative to the
/// file. Errors name the file and the missing or unsupported entry; exec and auth-provider plugins are
/// refused.
absl::StatusOr<ClientConfig> LoadKubeconfig(const std::string& path, const std::string& context = "");

/// KUBERNETES_SERVICE_HOST and _PORT with the mounted service account below `service_account_dir`.
absl::StatusOr<ClientConfig> InClusterConfig(
    const std::string& service_account_dir = "/var/run/secrets/kubernetes.io/serviceaccount");

/// The usual order: `flag` if not empty, environment KUBECONFIG, in cluster, ~/.kube/config.
/// FailedPrecondition listing what was tried when there is none.
absl::StatusOr<ClientConfig> ResolveConfig(const std::string& flag);

}  // namespace crm::kube
