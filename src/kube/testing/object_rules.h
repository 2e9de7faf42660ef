#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kube/testing/api_error.h"
#include "kube/testing/resource_type.h"

namespace crm::kube::testing {

/// What the API demands of objects, as far as the kinds of this server go; the refusals are those of a
/// kube-apiserver. CustomResourceDefinitions' schemas are not enforced. Pure functions.

/// Whether the body can be an object of this type at all: a mapping with this apiVersion and kind (absent
/// ones are filled in) and metadata of the right types. kube-apiserver refuses the others while decoding,
/// with 400.
std::optional<ApiError> CheckShape(const ResourceType& type, Json& object);

/// Defaults and normal form: empty labels, annotations and finalizers vanish, nulls of built-in kinds vanish,
/// Secrets get their type and turn stringData into data, Namespaces their label and finalizer. Shape must
/// have been checked.
void Normalize(const ResourceType& type, Json& object);

/// Names, label values, keys and sizes of ConfigMaps and Secrets, the fields that must not change (`old` is
/// null on creation).
std::optional<ApiError> Validate(const ResourceType& type, const Json& object, const Json* old);

/// The CustomResourceDefinition's schema, if there is one: see schema.h. `strict` refuses fields it does not
/// know.
std::optional<ApiError> ApplySchema(const ResourceType& type, Json& object, bool strict);

bool IsDnsLabel(std::string_view text);      ///< RFC 1123 label, at most 63 characters
bool IsDnsSubdomain(std::string_view text);  ///< dot-separated labels, at most 253 characters

std::string NewUid();        ///< a random UUID
std::string RandomSuffix();  ///< five characters for generateName

}  // namespace crm::kube::testing
