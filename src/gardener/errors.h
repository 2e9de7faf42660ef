#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

/// What an error of the actuator tells the reconciler beyond its text, carried as status payloads so that it
/// survives crm::Annotate. Pure functions.
namespace crm::gardener {

/// The one Gardener error code this extension sets: the shoot owner's configuration is wrong. It puts the
/// Shoot into state Failed until its owner acts, so base configurations must never cause it. Spec 60
/// section 2.2.
inline constexpr std::string_view kConfigurationProblem = "ERR_CONFIGURATION_PROBLEM";

absl::Status WithCode(absl::Status status, std::string_view code);
std::vector<std::string> Codes(const absl::Status& status);

/// An error that is tried again after `delay` and does not count as a failure of its key.
absl::Status RequeueAfter(absl::Status cause, absl::Duration delay);

/// No error at all: the operation goes on after `delay`. It never becomes a lastError, because gardenlet
/// gives up on a lastError that lasts longer than 30 s. Spec 60 section 14.
absl::Status StillWaiting(absl::Duration delay, std::string_view what_for);
bool IsStillWaiting(const absl::Status& status);

/// The delay of RequeueAfter and StillWaiting.
std::optional<absl::Duration> RequeueDelay(const absl::Status& status);

}  // namespace crm::gardener
