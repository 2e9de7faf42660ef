#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "kube/client.h"

namespace crm::kube::testing {

struct StandinOptions {
  absl::Duration sync_period = absl::Seconds(60);
  std::string cluster_id;  ///< part of the origin annotation; "" none
};

/// A small stand-in for Gardener's gardener-resource-manager: keeps the objects of every ManagedResource
/// without a class in the source cluster applied in the target cluster, and reports into its status. One
/// worker thread. The clients outlive it. Killed at any point, the next one continues.
class ResourceManagerStandin {
 public:
  ResourceManagerStandin(Client& source, Client& target, StandinOptions options);
  ~ResourceManagerStandin();  ///< stops
  ResourceManagerStandin(const ResourceManagerStandin&) = delete;
  ResourceManagerStandin& operator=(const ResourceManagerStandin&) = delete;

  void Start();
  void Stop();  ///< returns when no reconciliation runs any more

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm::kube::testing
