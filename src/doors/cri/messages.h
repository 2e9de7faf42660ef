#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "enforce/runtime.h"
#include "model/container.h"
#include "placement/policy.h"

namespace crm::doors::cri {

/// Decoding of the CRI messages that a policy has to see, and the overlays by which it changes them: a
/// changed message is the received bytes followed by a partial message, which protobuf decoders merge, so
/// that nothing we do not know is lost (spec 11 section 4). Pure functions. kInvalidArgument when the bytes
/// are no such message.

/// RunPodSandboxRequest, without the id.
absl::StatusOr<model::Pod> DecodeRunPodSandbox(const std::string& request);
/// RunPodSandboxResponse.
absl::StatusOr<std::string> DecodePodSandboxId(const std::string& response);

struct CreateContainerRequest {
  model::Pod pod;  ///< from the sandbox config that the request repeats
  model::Container container;
};
absl::StatusOr<CreateContainerRequest> DecodeCreateContainer(const std::string& request);
/// CreateContainerResponse.
absl::StatusOr<std::string> DecodeContainerId(const std::string& response);
/// What to append to a CreateContainerRequest; "" when nothing is decided.
std::string CreateContainerOverlay(const placement::Assignment& assignment);

/// The one id of Start-, Stop-, RemoveContainerRequest, Stop- and RemovePodSandboxRequest (field 1 in all of
/// them).
absl::StatusOr<std::string> DecodeId(const std::string& request);

struct UpdateRequest {
  std::string id;
  model::LinuxResources asked;
};
absl::StatusOr<UpdateRequest> DecodeUpdate(const std::string& request);
std::string UpdateOverlay(const placement::Assignment& assignment);

/// True when a ListContainersRequest has no filter, so that the answer is complete.
bool IsFullList(const std::string& request);
absl::StatusOr<std::vector<enforce::ListedContainer>> DecodeList(const std::string& response);

}  // namespace crm::doors::cri
