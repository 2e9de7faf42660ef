#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gardener/operation.h"

/// The bodies of the merge patches that the lifecycle controller writes to an Extension's /status. Pure. Spec
/// 60 section 4.4.
namespace crm::gardener {

/// What an operator reads in lastOperation and lastError.
struct OperationTexts {
  std::string_view start;
  std::string_view success;
  std::string_view error_prefix;
};
OperationTexts TextsOf(Operation operation);

Json StartPatch(Operation operation, absl::Time now);
/// Still Processing: `what_for` tells what is waited for; lastError stays as it is.
Json WaitingPatch(Operation operation, std::string_view what_for, absl::Time now);
/// `extension` as last read: its generation has been observed.
Json SuccessPatch(Operation operation, const Json& extension, absl::Time now);
Json ErrorPatch(Operation operation, const Json& extension, const absl::Status& error, absl::Time now);

}  // namespace crm::gardener
