#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kube/testing/object_store.h"
#include "kube/testing/resource_type.h"

namespace crm::kube::testing {

/// How answers show objects: as they are, or as rows of a meta.k8s.io/v1 Table, what `kubectl get` asks for.
enum class View { kObject, kTable };

/// The view that an Accept header prefers.
View ViewOf(std::string_view accept);

/// A Table of the objects: Name, the type's columns (for kinds without any: Age), with each row's metadata.
Json MakeTable(const ResourceType& type, const std::vector<ObjectPtr>& objects,
               std::string_view resource_version);

/// What a printer column's JSONPath finds in the object: ".a.b", ".a[0]", ".a[?(@.k=="v")].b". Null when
/// nothing or when the path uses more of the language than that.
Json FindByPath(const Json& object, std::string_view json_path);

}  // namespace crm::kube::testing
