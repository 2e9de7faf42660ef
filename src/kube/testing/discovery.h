#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kube/testing/resource_type.h"

namespace crm::kube::testing {

/// The discovery documents (legacy form, which every client falls back to) and /version. nullopt for a path
/// that is none of /version, /api, /api/v1, /apis, /apis/GROUP, /apis/GROUP/VERSION with a group served here.
std::optional<Json> DiscoveryDocument(const ResourceRegistry& registry, std::string_view path);

}  // namespace crm::kube::testing
