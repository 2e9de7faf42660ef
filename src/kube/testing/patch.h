#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "kube/client.h"

namespace crm::kube::testing {

/// RFC 6902. InvalidArgument when the patch is malformed, FailedPrecondition when an operation does not apply
/// (a path that is missing, a test that fails).
absl::StatusOr<Json> ApplyJsonPatch(const Json& target, const Json& patch);

/// A strategic merge patch, what `kubectl patch`, `label` and `apply` send for built-in kinds. Like a merge
/// patch, but lists of known fields (containers by name, env by name, volumeMounts by mountPath, conditions
/// by type, ...) merge by their key, and the directives $patch, $retainKeys, $setElementOrder and
/// $deleteFromPrimitiveList are obeyed. Without schemas the merge keys come from a table of field names;
/// lists it does not name are replaced whole, as are lists whose items lack the key. InvalidArgument for
/// malformed directives.
absl::StatusOr<Json> ApplyStrategicMergePatch(Json target, const Json& patch);

/// `target` with `applied` laid over it: maps merge, everything else is replaced, nothing is removed. What
/// this server does for server-side apply: it keeps no field owners, so a field that an applier no longer
/// mentions stays.
Json ApplyOver(Json target, const Json& applied);

}  // namespace crm::kube::testing
