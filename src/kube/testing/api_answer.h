#pragma once

#include <vector>

#include "kube/testing/api_error.h"
#include "kube/testing/api_request.h"

namespace crm::kube::testing {

ApiAnswer JsonAnswer(int code, const Json& body);
ApiAnswer ErrorAnswer(const ApiError& error);
ApiAnswer ObjectAnswer(int code, const ResourceType& type, const ObjectPtr& object, View view);
/// `items` as the type's List object. As a kube-apiserver does it, items of built-in kinds carry no kind and
/// apiVersion.
ApiAnswer ListAnswer(const ResourceType& type, const std::vector<ObjectPtr>& items, const Json& metadata,
                     View view);

}  // namespace crm::kube::testing
