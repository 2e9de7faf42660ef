#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace crm::agent {

/// One operation of an RFC 6902 patch as the daemon sends it; `value` is JSON text, "" for no value.
struct PatchOperation {
  std::string op;
  std::string path;
  std::string value;
};

/// The patch's JSON text. InvalidArgument when a value is no JSON. Spec 50 section 6.
absl::StatusOr<std::string> JsonPatchText(const std::vector<PatchOperation>& operations);

/// The merge patch of node status that sets extended resources. InvalidArgument for resources that are the
/// kubelet's (cpu, memory, hugepages-*) and for names without domain. Spec 50 section 6.
absl::StatusOr<std::string> CapacityPatchText(const std::map<std::string, std::string>& capacities);

}  // namespace crm::agent
