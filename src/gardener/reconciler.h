#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gardener/actuator.h"
#include "gardener/operation.h"

namespace crm::gardener {

/// Works on one Extension: finds the operation that is due, runs it and writes status, finalizer and
/// annotation so that a crash between any two calls is continued by the next run. Thread-safe, as long as no
/// two threads work on the same object (the queue sees to it). Spec 60 sections 4.3 to 4.5.
class Reconciler {
 public:
  struct Options {
    std::vector<std::string> classes = {"shoot"};
    absl::Duration resync = absl::Hours(1);  ///< after a successful Create or Reconcile
    std::function<absl::Time()> now = [] { return absl::Now(); };
  };
  Reconciler(kube::Client& client, Actuator& actuator, Options options)
      : client_(client), actuator_(actuator), options_(std::move(options)) {}

  struct Result {
    absl::Status status;  ///< an error counts as a failure of the key unless `again_after` is set
    absl::Duration again_after = absl::ZeroDuration();  ///< zero: not by itself
  };
  Result Reconcile(std::string_view ns, std::string_view name);

 private:
  absl::StatusOr<Json> FindCluster(std::string_view ns, Operation operation);
  Result Run(Json extension, Operation operation, const Json* cluster);
  absl::Status Act(const Json& extension, Operation operation, const Json* cluster);
  /// Patches metadata with `patch(extension)`; on a conflict with the object as it is then. A null patch
  /// means nothing to do. The object afterwards replaces `extension`; an object that is gone is fine.
  absl::Status PatchMetadata(Json* extension, const std::function<Json(const Json&)>& patch);
  absl::Status RemoveAnnotation(Json* extension, std::string_view value);
  absl::StatusOr<Json> PatchStatus(const Json& extension, const Json& patch);

  kube::Client& client_;
  Actuator& actuator_;
  const Options options_;
};

}  // namespace crm::gardener
