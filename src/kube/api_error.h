#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "nlohmann/json_fwd.hpp"

namespace crm::kube {

/// The status for an HTTP answer that is no success, as client.h lists them. `call` ("GET /api/v1/pods") is
/// put into the message when the body is no Kubernetes Status object that explains itself.
absl::Status StatusOfAnswer(int http_status, std::string_view body, std::string_view call);

/// The same for a Status object, as it comes in an ERROR event of a watch.
absl::Status StatusOfObject(const nlohmann::json& status_object, std::string_view call);

}  // namespace crm::kube
