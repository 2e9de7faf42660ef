#pragma once

#include <string_view>

#include "kube/client.h"

namespace crm::gardener {

using kube::Json;

/// What a work item does with its Extension; the names are those of status.lastOperation.type.
enum class Operation { kCreate, kReconcile, kDelete, kMigrate, kRestore };

std::string_view OperationName(Operation operation);

/// Decides from annotation, deletionTimestamp and lastOperation, in this order of strength: annotation
/// migrate, deletion, annotation restore, no lastOperation, an unfinished Create, Migrate or Restore, else
/// Reconcile. Pure. Spec 60 section 4.3 step 5.
Operation OperationOf(const Json& extension);

/// The object was handed to another seed and must be left alone. Spec 60 section 4.3 step 6.
bool BelongsToAnotherSeed(const Json& extension, Operation operation);

/// Its restore is being prepared: nothing may be done yet. Spec 60 section 4.3 step 2.
bool WaitsForState(const Json& extension);

/// The value of gardener.cloud/operation, "" when absent.
std::string_view OperationAnnotation(const Json& extension);

}  // namespace crm::gardener
