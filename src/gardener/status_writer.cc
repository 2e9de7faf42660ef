#include "gardener/status_writer.h"

#include "base/status.h"
#include "fmt/format.h"
#include "gardener/errors.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::gardener {
namespace {

// All members, always: a merge patch then never leaves one of an earlier operation.
Json LastOperation(Operation operation, std::string_view state, int progress, std::string_view description,
                   absl::Time now) {
  return {{"type", OperationName(operation)},
          {"state", state},
          {"progress", progress},
          {"description", description},
          {"lastUpdateTime", kube::Rfc3339(now)}};
}

std::string Capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace

OperationTexts TextsOf(Operation operation) {
  switch (operation) {
    case Operation::kDelete:
      return {"Deleting the Extension", "Successfully deleted the Extension", "error deleting the Extension"};
    case Operation::kMigrate:
      return {"Migrate Extension resource.", "Successfully migrated Extension resource",
              "error migrating Extension resource"};
    case Operation::kRestore:
      return {"Restoring Extension resource", "Successfully restored Extension resource",
              "unable to restore Extension resource"};
    case Operation::kCreate:
    case Operation::kReconcile:
      break;
  }
  return {"Reconciling the Extension", "Successfully reconciled Extension", "error reconciling Extension"};
}

Json StartPatch(Operation operation, absl::Time now) {
  return {{"status",
           {{"lastOperation", LastOperation(operation, "Processing", 1, TextsOf(operation).start, now)}}}};
}

Json WaitingPatch(Operation operation, std::string_view what_for, absl::Time now) {
  const std::string description = fmt::format("{}: {}", TextsOf(operation).start, what_for);
  return {{"status", {{"lastOperation", LastOperation(operation, "Processing", 50, description, now)}}}};
}

Json SuccessPatch(Operation operation, const Json& extension, absl::Time now) {
  return {{"status",
           {{"lastOperation", LastOperation(operation, "Succeeded", 100, TextsOf(operation).success, now)},
            {"lastError", nullptr},
            {"observedGeneration", kube::Generation(extension)}}}};
}

Json ErrorPatch(Operation operation, const Json& extension, const absl::Status& error, absl::Time now) {
  const std::string description =
      Capitalised(fmt::format("{}: {}", TextsOf(operation).error_prefix, Message(error)));
  const std::vector<std::string> codes = Codes(error);
  Json last_error = {{"description", description},
                     {"lastUpdateTime", kube::Rfc3339(now)},
                     {"codes", codes.empty() ? Json(nullptr) : Json(codes)},
                     {"taskID", nullptr}};  // null takes away what an earlier error left
  return {{"status",
           {{"lastOperation", LastOperation(operation, "Error", 50, description, now)},
            {"lastError", std::move(last_error)},
            {"observedGeneration", kube::Generation(extension)}}}};
}

}  // namespace crm::gardener
