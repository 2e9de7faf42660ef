#include "gardener/operation.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

// The numbers are those of the test vectors of spec 60.
namespace crm::gardener {
namespace {

Json Extension(const std::string& annotation, bool deleted, const std::string& type = "",
               const std::string& state = "") {
  Json extension = {{"metadata", Json::object()}};
  if (!annotation.empty()) extension["metadata"]["annotations"]["gardener.cloud/operation"] = annotation;
  if (deleted) extension["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  if (!type.empty()) extension["status"]["lastOperation"] = {{"type", type}, {"state", state}};
  return extension;
}

TEST(Operation, Vectors8To13) {
  EXPECT_EQ(OperationOf(Extension("migrate", true)), Operation::kMigrate);
  EXPECT_EQ(OperationOf(Extension("restore", true)), Operation::kDelete);
  EXPECT_EQ(OperationOf(Extension("", true, "Restore", "Error")), Operation::kDelete);
  EXPECT_EQ(OperationOf(Extension("", false)), Operation::kCreate);
  EXPECT_EQ(OperationOf(Extension("", false, "Create", "Processing")), Operation::kCreate);
  EXPECT_EQ(OperationOf(Extension("", false, "Create", "Succeeded")), Operation::kReconcile);
  EXPECT_EQ(OperationOf(Extension("", false, "Restore", "Error")), Operation::kRestore);
  EXPECT_EQ(OperationOf(Extension("", false, "Migrate", "Processing")), Operation::kMigrate);
  EXPECT_EQ(OperationOf(Extension("", false, "Delete", "Error")), Operation::kReconcile);
}

TEST(Operation, Vector14MigratedObjectsAreLeftAlone) {
  const Json migrated = Extension("", false, "Migrate", "Succeeded");
  EXPECT_EQ(OperationOf(migrated), Operation::kReconcile);
  EXPECT_TRUE(BelongsToAnotherSeed(migrated, Operation::kReconcile));
  EXPECT_TRUE(BelongsToAnotherSeed(migrated, Operation::kDelete));
  EXPECT_FALSE(BelongsToAnotherSeed(migrated, Operation::kRestore));
  EXPECT_FALSE(BelongsToAnotherSeed(migrated, Operation::kMigrate));
  EXPECT_FALSE(BelongsToAnotherSeed(Extension("", false, "Migrate", "Error"), Operation::kReconcile));
}

TEST(Operation, Vector15WaitForState) {
  EXPECT_TRUE(WaitsForState(Extension("wait-for-state", false)));
  EXPECT_FALSE(WaitsForState(Extension("restore", false)));
}

}  // namespace
}  // namespace crm::gardener
