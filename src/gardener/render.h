#pragma once

#include <map>
#include <string>
#include <vector>

#include "gardener/configs.h"
#include "kube/client.h"

/// The objects of the shoot's ManagedResource, built as JSON values so that no text of a user ever meets a
/// template. Pure and deterministic: equal input gives equal bytes, because the name of the secret is their
/// hash. Spec 61 section 3.
namespace crm::gardener {

using kube::Json;

/// One DaemonSet serves the nodes of one architecture, or all of them when the image is the same ("").
struct AgentImage {
  std::string architecture;
  std::string image;
};

struct Installation {
  std::map<std::string, std::string> node_selector;
  std::vector<AgentImage> agent_images;
  DeliverableConfigs configs;
};

std::vector<Json> RenderInstallation(const Installation& installation);

/// CustomResourceDefinition adjustments.criresmgr.intel.com.
Json RenderAdjustmentCrd();
/// ServiceAccount, roles and bindings of the agent: no more than it uses.
std::vector<Json> RenderAgentAccess();
Json RenderAgentDaemonSet(const AgentImage& image, const std::map<std::string, std::string>& node_selector);
/// cri-resmgr-static-configs, when there is a static configuration, and one ConfigMap per dynamic
/// configuration.
std::vector<Json> RenderConfigMaps(const DeliverableConfigs& configs);

/// A stream of documents that each begin with a "---" line. Each is JSON, hence YAML; because of the first
/// line no reader takes the whole for one JSON stream.
std::string Serialise(const std::vector<Json>& objects);
/// The objects of such a stream (and of other one-object-per-document JSON); what can not be read is left
/// out.
std::vector<Json> ParseStream(const std::string& stream);

}  // namespace crm::gardener
