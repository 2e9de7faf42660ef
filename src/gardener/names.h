#pragma once

#include <string_view>

/// Every name that other parties rely on, in one place. Spec 60 section 1.
namespace crm::gardener {

inline constexpr std::string_view kExtensionType = "cri-resmgr-extension";
inline constexpr std::string_view kFinalizer = "extensions.gardener.cloud/cri-resmgr-extension";

inline constexpr std::string_view kShootManagedResource = "extension-runtime-cri-resmgr";
inline constexpr std::string_view kSeedManagedResource = "extension-monitoring-cri-resmgr";
inline constexpr std::string_view kShootSecretKey = "installation_chart";
/// Not "gardener": gardenlet deletes what carries that value by itself. Spec 60 section 6.
inline constexpr std::string_view kOrigin = "cri-resmgr-extension";

inline constexpr std::string_view kBaseConfigMap = "gardener-extension-cri-resmgr-configs";
inline constexpr std::string_view kShootNamespace = "kube-system";  ///< where everything goes in the shoot

inline constexpr std::string_view kAgentImage = "gardener-extension-cri-resmgr-agent";
inline constexpr std::string_view kInstallationImage = "gardener-extension-cri-resmgr-installation";

inline constexpr std::string_view kCriNameLabel = "worker.gardener.cloud/cri-name";
inline constexpr std::string_view kCriNameValue = "containerd";

inline constexpr std::string_view kOperationAnnotation = "gardener.cloud/operation";
inline constexpr std::string_view kForceDeletionAnnotation = "confirmation.gardener.cloud/force-deletion";
inline constexpr std::string_view kGarbageCollectableLabel =
    "resources.gardener.cloud/garbage-collectable-reference";

}  // namespace crm::gardener
