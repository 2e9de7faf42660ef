#include "gardener/status_writer.h"

#include "gardener/errors.h"
#include "gtest/gtest.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

// The numbers are those of the test vectors of spec 60.
namespace crm::gardener {
namespace {

const Json kExtension = Json::parse(R"({"metadata":{"generation":7}})");
const absl::Time kNow = absl::FromUnixSeconds(1700000000);

TEST(StatusWriter, Vector16SuccessTakesTheErrorAway) {
  const Json patch = SuccessPatch(Operation::kReconcile, kExtension, kNow);
  EXPECT_NE(patch.dump().find(R"("lastError":null)"), std::string::npos);
  const Json expected = Json::parse(R"({"type":"Reconcile","state":"Succeeded","progress":100,
      "description":"Successfully reconciled Extension","lastUpdateTime":"2023-11-14T22:13:20Z"})");
  EXPECT_EQ(patch["status"]["lastOperation"], expected);
  EXPECT_EQ(patch["status"]["observedGeneration"], 7);
}

TEST(StatusWriter, Vector17ErrorOfCreate) {
  const Json patch = ErrorPatch(Operation::kCreate, kExtension, absl::InternalError("boom"), kNow);
  const Json& operation = patch["status"]["lastOperation"];
  EXPECT_EQ(operation["type"], "Create");
  EXPECT_EQ(operation["state"], "Error");
  EXPECT_EQ(operation["progress"], 50);
  EXPECT_EQ(operation["description"], "Error reconciling Extension: boom");
  EXPECT_EQ(patch["status"]["lastError"]["description"], "Error reconciling Extension: boom");
  EXPECT_EQ(patch["status"]["observedGeneration"], 7);
  EXPECT_FALSE(kube::ApplyMergePatch(Json::object(), patch)["status"]["lastError"].contains("codes"));
}

TEST(StatusWriter, Vector18PrefixesAreCapitalised) {
  const auto text = [](Operation operation) {
    return ErrorPatch(operation, kExtension, absl::InternalError("x"),
                      kNow)["status"]["lastError"]["description"];
  };
  EXPECT_EQ(text(Operation::kDelete), "Error deleting the Extension: x");
  EXPECT_EQ(text(Operation::kMigrate), "Error migrating Extension resource: x");
  EXPECT_EQ(text(Operation::kRestore), "Unable to restore Extension resource: x");
}

TEST(StatusWriter, CodesOfTheNewErrorReplaceThoseOfTheOld) {
  const absl::Status wrong = WithCode(absl::InvalidArgumentError("x"), kConfigurationProblem);
  Json object = kube::ApplyMergePatch(kExtension, ErrorPatch(Operation::kReconcile, kExtension, wrong, kNow));
  EXPECT_EQ(object["status"]["lastError"]["codes"], Json::parse(R"(["ERR_CONFIGURATION_PROBLEM"])"));
  object = kube::ApplyMergePatch(
      object, ErrorPatch(Operation::kReconcile, kExtension, absl::InternalError("y"), kNow));
  EXPECT_FALSE(object["status"]["lastError"].contains("codes"));
}

TEST(StatusWriter, StartAndWaitingLeaveErrorAndGenerationAlone) {
  for (const Json& patch :
       {StartPatch(Operation::kDelete, kNow), WaitingPatch(Operation::kDelete, "x", kNow)}) {
    EXPECT_EQ(patch["status"].size(), 1u);
    EXPECT_EQ(patch["status"]["lastOperation"]["state"], "Processing");
  }
  EXPECT_EQ(StartPatch(Operation::kMigrate, kNow)["status"]["lastOperation"]["description"],
            "Migrate Extension resource.");
  EXPECT_EQ(StartPatch(Operation::kMigrate, kNow)["status"]["lastOperation"]["progress"], 1);
}

TEST(Errors, PayloadsSurviveAnnotationAndCombine) {
  absl::Status status = RequeueAfter(WithCode(absl::InternalError("x"), "A"), absl::Seconds(10));
  status = WithCode(WithCode(status, "B"), "A");
  EXPECT_EQ(Codes(status), (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(RequeueDelay(status), absl::Seconds(10));
  EXPECT_FALSE(IsStillWaiting(status));
  EXPECT_TRUE(IsStillWaiting(StillWaiting(absl::Seconds(1), "y")));
  EXPECT_FALSE(RequeueDelay(absl::InternalError("x")).has_value());
  EXPECT_TRUE(Codes(absl::InternalError("x")).empty());
}

}  // namespace
}  // namespace crm::gardener
