#include "gardener/operation.h"

#include "gardener/names.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::gardener {

std::string_view OperationName(Operation operation) {
  constexpr std::string_view kNames[] = {"Create", "Reconcile", "Delete", "Migrate", "Restore"};
  return kNames[static_cast<int>(operation)];
}

std::string_view OperationAnnotation(const Json& extension) {
  const std::string* value = kube::Annotation(extension, kOperationAnnotation);
  return value == nullptr ? std::string_view() : *value;
}

bool WaitsForState(const Json& extension) { return OperationAnnotation(extension) == "wait-for-state"; }

Operation OperationOf(const Json& extension) {
  const std::string_view annotation = OperationAnnotation(extension);
  if (annotation == "migrate") return Operation::kMigrate;
  if (kube::IsBeingDeleted(extension)) return Operation::kDelete;
  if (annotation == "restore") return Operation::kRestore;
  const Json* last = kube::Find(extension, {"status", "lastOperation"});
  if (last == nullptr || !last->is_object()) return Operation::kCreate;
  if (kube::FindString(*last, {"state"}) != "Succeeded") {
    const std::string_view type = kube::FindString(*last, {"type"});
    for (Operation unfinished : {Operation::kCreate, Operation::kMigrate, Operation::kRestore}) {
      if (type == OperationName(unfinished)) return unfinished;
    }
  }
  return Operation::kReconcile;
}

bool BelongsToAnotherSeed(const Json& extension, Operation operation) {
  return operation != Operation::kMigrate && operation != Operation::kRestore &&
         kube::FindString(extension, {"status", "lastOperation", "type"}) == "Migrate" &&
         kube::FindString(extension, {"status", "lastOperation", "state"}) == "Succeeded";
}

}  // namespace crm::gardener
