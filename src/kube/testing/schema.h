#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kube/testing/api_error.h"

namespace crm::kube::testing {

/// What a CustomResourceDefinition's openAPIV3Schema does to an object that is written: defaults are filled
/// in, fields that it does not know are dropped (their paths come back, for fieldValidation=Strict), and the
/// rest is checked: type, nullable, required, enum, minimum, maximum, lengths and the format date-time.
/// Patterns, CEL rules and the combinators (allOf, anyOf, ...) are not looked at. apiVersion, kind and
/// metadata are left alone.
std::vector<std::string> PruneAndDefault(const Json& schema, Json& object);

/// The first violation: path, and message as a kube-apiserver words it.
std::optional<ApiCause> FindViolation(const Json& schema, const Json& object);

}  // namespace crm::kube::testing
