#pragma once

#include <optional>
#include <string_view>

#include "kube/testing/resource_type.h"

namespace crm::kube::testing {

/// The OpenAPI v3 documents (/openapi/v3 and /openapi/v3/PATH-OF-GROUP-VERSION) as far as clients look into
/// them: that PATCH knows fieldValidation (so `kubectl apply` leaves validation to the server) and the
/// schemas of custom resources
/// (`kubectl explain`). nullopt for other paths.
std::optional<Json> OpenApiDocument(const ResourceRegistry& registry, std::string_view path);

}  // namespace crm::kube::testing
