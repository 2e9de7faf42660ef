#pragma once

#include <string_view>

/// The texts that the installer carries inside it, from deploy/systemd, with the paths of a node
/// installation.
namespace crm::install {

std::string_view ShippedUnit();          ///< cri-resource-manager.service
std::string_view ShippedFailsafeUnit();  ///< cri-resmgr-failsafe.service
std::string_view ShippedDefaults();  ///< /etc/default/cri-resource-manager with the fallback configuration
std::string_view ShippedSample();    ///< fallback.cfg.sample

}  // namespace crm::install
