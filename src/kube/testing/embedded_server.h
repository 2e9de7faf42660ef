#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kube/config.h"
#include "kube/testing/api_server.h"

namespace crm::kube::testing {

struct EmbeddedServerOptions {
  std::string listen =
      "127.0.0.1:0";  ///< port 0: a free one. Plain HTTP without authentication: keep it on loopback
  StoreOptions store;
  std::string crd_directory;  ///< "" none; *.yaml files of CustomResourceDefinitions created when absent
  size_t max_body_bytes = size_t{3} << 20;
  size_t max_connections = 1000;
  absl::Duration bookmark_interval = absl::Seconds(60);
};

/// A Kubernetes API server in this process, over HTTP/1.1 (see ApiServer for what it can and cannot do). One
/// thread of its own serves all connections. The members may be called from any thread.
class EmbeddedServer {
 public:
  /// Listens and serves when it returns. Errors name the address or the file.
  static absl::StatusOr<std::unique_ptr<EmbeddedServer>> Start(EmbeddedServerOptions options);
  ~EmbeddedServer();  ///< stops
  EmbeddedServer(const EmbeddedServer&) = delete;
  EmbeddedServer& operator=(const EmbeddedServer&) = delete;

  /// Closes all connections and returns when the thread has ended. More than once is fine.
  void Stop();

  int port() const;
  std::string url() const;  ///< "http://127.0.0.1:PORT"
  ClientConfig client_config() const;
  std::string kubeconfig() const;  ///< the text of a kubeconfig with this address

  ApiServer& api();
  void InjectFault(Fault fault) { api().InjectFault(std::move(fault)); }
  /// The next watch from before now is answered with 410.
  void CompactHistory() { api().CompactHistory(); }
  /// Cuts every open watch, without an end of stream, as a failing network does.
  void DropWatches();
  size_t open_watches() const;

 private:
  class Impl;
  explicit EmbeddedServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The documents of all *.yaml files of a directory, in the order of the names. Errors name the file.
absl::StatusOr<std::vector<Json>> LoadYamlDirectory(const std::string& directory);

}  // namespace crm::kube::testing
