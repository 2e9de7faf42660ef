#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kube/client.h"

namespace crm::gardener {

using kube::Json;

/// What the shoot owner asks for. Spec 60 section 7.1.
struct ProviderConfig {
  std::map<std::string, std::string> configs;
  std::map<std::string, std::string> node_selector;
  std::vector<std::string> warnings;  ///< keys that have no effect
};

/// Decodes a providerConfig; null is like {}. Refuses wrong types and wrong node selectors, naming the key's
/// path, with the code ERR_CONFIGURATION_PROBLEM. Unknown keys are warnings. Pure.
absl::StatusOr<ProviderConfig> DecodeProviderConfig(const Json& raw);

/// Decodes Extension.spec.providerConfig or, when it is absent, that of the last entry of our type in the
/// Cluster's shoot; none at all is an empty configuration. `cluster` may be nullptr.
absl::StatusOr<ProviderConfig> FindProviderConfig(const Json& extension, const Json* cluster);

/// The node selector of everything that runs on nodes: the owner's plus containerd, which always wins.
/// Section 7.4.
std::map<std::string, std::string> NodeSelector(const ProviderConfig& config);

}  // namespace crm::gardener
