// Decoding and verification of external adjustments: spec 10 sections 8.1 and 8.2, vectors 16.6.
#include "engine/adjustment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "engine/effective.h"

namespace crm::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Pair;

DecodedAdjustments Decoded(std::string_view json) {
  absl::StatusOr<DecodedAdjustments> decoded = DecodeAdjustments(json);
  EXPECT_TRUE(decoded.ok()) << json;
  return decoded.value_or(DecodedAdjustments());
}

// The adjustment of a specification; expects it to be accepted.
Adjustment Accepted(const std::string& specification) {
  const DecodedAdjustments decoded = Decoded(R"({"a": )" + specification + "}");
  EXPECT_THAT(decoded.errors, IsEmpty());
  return decoded.set.contains("a") ? decoded.set.at("a") : Adjustment();
}

std::string Refused(const std::string& specification) {
  const DecodedAdjustments decoded = Decoded(R"({"a": )" + specification + "}");
  EXPECT_THAT(decoded.set, IsEmpty()) << specification;
  return decoded.errors.contains("a") ? decoded.errors.at("a") : "accepted";
}

TEST(Adjustment, Payloads) {
  EXPECT_THAT(Decoded("{}").set, IsEmpty());
  EXPECT_FALSE(DecodeAdjustments("nonsense").ok());
  EXPECT_FALSE(DecodeAdjustments("").ok());
  EXPECT_FALSE(DecodeAdjustments("[]").ok());
  EXPECT_FALSE(DecodeAdjustments("null").ok());
}

TEST(Adjustment, Resources) {
  const model::Requirements both =
      *Accepted(
           R"({"resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": 2, "memory": "2G"}}})")
           .resources;
  EXPECT_EQ(both.cpu_request_milli, 500);
  EXPECT_EQ(both.cpu_limit_milli, 2000);
  EXPECT_EQ(both.memory_request_bytes, int64_t{1} << 30);
  EXPECT_EQ(both.memory_limit_bytes, 2'000'000'000);

  // A limit without a request implies it, whether or not there are other requests: D-45.
  for (const char* limits : {R"({"resources": {"limits": {"cpu": "1"}}})",
                             R"({"resources": {"limits": {"cpu": "1"}, "requests": {}}})"}) {
    EXPECT_EQ(Accepted(limits).resources->cpu_request_milli, 1000) << limits;
    EXPECT_EQ(Accepted(limits).resources->memory_request_bytes, std::nullopt) << limits;
  }
  EXPECT_FALSE(Accepted(R"({"resources": null})").resources.has_value());
  EXPECT_TRUE(Accepted(R"({"resources": {}})").resources.has_value());

  EXPECT_EQ(Refused(R"({"resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}})"),
            "adjustment API error: invalid CPU limit 1 < request 2");
  EXPECT_EQ(Refused(R"({"resources": {"limits": {"memory": "1Mi"}, "requests": {"memory": "2Mi"}}})"),
            "adjustment API error: invalid memory limit 1Mi < request 2Mi");
  EXPECT_EQ(Refused(R"({"resources": {"requests": {"nvidia.com/gpu": "1"}}})"),
            "adjustment API error: invalid resource requests: unsupported resource nvidia.com/gpu");
  EXPECT_EQ(Refused(R"({"resources": {"limits": {"hugepages-2Mi": "1"}}})"),
            "adjustment API error: invalid resource limits: unsupported resource hugepages-2Mi");
  EXPECT_THAT(Refused(R"({"resources": {"requests": {"cpu": "-1"}}})"), HasSubstr("cpu -1 is negative"));
  EXPECT_THAT(Refused(R"({"resources": {"requests": {"cpu": "lots"}}})"),
              HasSubstr("resources.requests.cpu: "));
  EXPECT_THAT(Refused(R"({"resources": {"requests": {"cpu": true}}})"), HasSubstr("expected a quantity"));
  EXPECT_THAT(Refused(R"({"resources": {"requests": 1}})"), HasSubstr("expected an object"));
}

TEST(Adjustment, ClassesAndLimit) {
  const Adjustment adjustment =
      Accepted(R"({"classes": {"rdt": "gold", "blockio": null}, "toptierLimit": "1Gi"})");
  EXPECT_EQ(adjustment.rdt_class, "gold");
  EXPECT_EQ(adjustment.blockio_class, std::nullopt);
  EXPECT_EQ(adjustment.toptier_limit_bytes, int64_t{1} << 30);
  EXPECT_EQ(Accepted(R"({"toptierLimit": 0})").toptier_limit_bytes, 0);
  EXPECT_EQ(Refused(R"({"toptierLimit": "-1"})"), "adjustment API error: invalid ToptierLimit -1");
  EXPECT_THAT(Refused(R"({"classes": {"rdt": 1}})"), HasSubstr("classes.rdt: invalid value number"));
  EXPECT_THAT(Refused(R"("x")"), HasSubstr("expected an object"));
}

TEST(Adjustment, ExpressionsAreVerified) {
  const auto expression = [](const std::string& json) {
    return R"({"scope": [{"nodes": ["n"], "containers": [)" + json + "]}]}";
  };
  Accepted(expression(R"({"key": "name", "operator": "Equals", "values": ["x"]})"));
  EXPECT_THAT(Refused(expression(R"({"key": "name", "operator": "Equals"})")),
              HasSubstr("scope[0].containers[0]: expression \"name Equals []\": 0 values, expected one"));
  EXPECT_THAT(Refused(expression(R"({"key": "name", "operator": "Matches", "values": null})")),
              HasSubstr("expected one"));
  EXPECT_THAT(Refused(expression(R"({"key": "name", "operator": "Is"})")),
              HasSubstr("unknown operator \"Is\""));
  EXPECT_THAT(Refused(expression(R"({"key": "name"})")), HasSubstr("operator: missing"));
  EXPECT_THAT(Refused(expression(R"({"key": "name", "operator": "In", "values": "x"})")),
              HasSubstr("a list"));
  EXPECT_THAT(Refused(expression(R"({"key": 1, "operator": "Exists"})")), HasSubstr("expected text"));
  EXPECT_THAT(Refused(R"({"scope": {}})"), HasSubstr("scope: invalid value object, expected a list"));
}

TEST(Adjustment, EveryBadOneIsNamed) {
  const DecodedAdjustments decoded =
      Decoded(R"({"good": {}, "b": {"toptierLimit": -1}, "a": {"resources": {"limits": {"x": 1}}}})");
  EXPECT_THAT(decoded.errors, ElementsAre(Key("a"), Key("b")));
  EXPECT_THAT(decoded.set, ElementsAre(Key("good")));
}

TEST(Adjustment, Scopes) {
  model::Pod pod;
  pod.name = "web";
  model::Container container;
  container.name = "nginx";
  const auto covers = [&](const std::string& scope) {
    return Accepted(R"({"scope": )" + scope + "}").InScope(pod, container);
  };
  const std::string right = R"({"key": "name", "operator": "Equals", "values": ["nginx"]})";
  const std::string wrong = R"({"key": "name", "operator": "Equals", "values": ["db"]})";
  EXPECT_TRUE(covers("null"));
  EXPECT_TRUE(covers("[]"));
  EXPECT_TRUE(covers("[{}]"));
  EXPECT_TRUE(covers(R"([{"containers": []}])"));
  EXPECT_TRUE(covers(R"([{"containers": [)" + wrong + "," + right + "]}]"));
  EXPECT_FALSE(covers(R"([{"containers": [)" + wrong + "]}]"));
  EXPECT_TRUE(covers(R"([{"containers": [)" + wrong + R"(]}, {"containers": [)" + right + "]}]"));
}

// Spec 10 vectors 16.2 and 16.3.
class EffectiveTest : public ::testing::Test {
 protected:
  EffectiveTest() {
    pod_.qos = model::QosClass::kBurstable;
    container_.name = "db";
    container_.asked.cpu_shares = 512;
  }
  model::Container Applied(const Adjustment* adjustment = nullptr) {
    model::Container container = container_;
    EXPECT_TRUE(ApplyEffective(pod_, adjustment, 0, &container).ok());
    return container;
  }
  model::Pod pod_;
  model::Container container_;
};

TEST_F(EffectiveTest, Classes) {
  EXPECT_EQ(Applied().rdt_class, "/PodQos");
  EXPECT_EQ(Applied().blockio_class, "Burstable");
  EXPECT_EQ(Applied().toptier_limit_bytes, std::nullopt);
  pod_.annotations = {{"rdtclass.cri-resource-manager.intel.com/pod", "gold"},
                      {"blockioclass.cri-resource-manager.intel.com/container.db", "fast"},
                      {"toptierlimit.cri-resource-manager.intel.com", "1Gi"}};
  EXPECT_EQ(Applied().rdt_class, "gold");
  EXPECT_EQ(Applied().blockio_class, "fast");
  EXPECT_EQ(Applied().toptier_limit_bytes, int64_t{1} << 30);
  const Adjustment adjustment =
      Accepted(R"({"classes": {"rdt": "silver", "blockio": "slow"}, "toptierLimit": 5})");
  EXPECT_EQ(Applied(&adjustment).rdt_class, "silver");
  EXPECT_EQ(Applied(&adjustment).blockio_class, "slow");
  EXPECT_EQ(Applied(&adjustment).toptier_limit_bytes, 5);
  EXPECT_EQ(Applied(&adjustment).adjustment, "a");
  container_.name = "web";
  EXPECT_EQ(Applied().blockio_class, "Burstable");
}

TEST_F(EffectiveTest, ALimitThatIsNoQuantityIsRefused) {
  pod_.annotations = {{"toptierlimit.cri-resource-manager.intel.com", "lots"}};
  model::Container container = container_;
  EXPECT_THAT(std::string(Message(ApplyEffective(pod_, nullptr, 0, &container))), HasSubstr("\"lots\""));
  EXPECT_EQ(container.rdt_class, "");
}

TEST_F(EffectiveTest, Requirements) {
  EXPECT_EQ(Applied().requirements.cpu_request_milli, 500);
  pod_.annotations = {{"intel.com/resources", R"({"containers": {"db": {"requests": {"cpu": "250m"}}}})"}};
  EXPECT_EQ(Applied().requirements.cpu_request_milli, 250);
  const Adjustment adjustment = Accepted(R"({"resources": {"requests": {"cpu": "750m"}}})");
  EXPECT_EQ(Applied(&adjustment).requirements.cpu_request_milli, 750);
  EXPECT_EQ(Applied(&adjustment).requirements.memory_limit_bytes, std::nullopt);
  container_.resized = true;  // what was asked is newer than the annotation
  EXPECT_EQ(Applied().requirements.cpu_request_milli, 500);
}

TEST_F(EffectiveTest, BrokenAnnotationsAreEstimatedOver) {
  for (const char* text : {"{", "[]", R"({"containers": []})", R"({"containers": {"db": 1}})",
                           R"({"containers": {"db": {"requests": {"cpu": "lots"}}}})",
                           R"({"containers": {"web": {"requests": {"cpu": "1"}}}})"}) {
    pod_.annotations["intel.com/resources"] = text;
    EXPECT_EQ(Applied().requirements.cpu_request_milli, 500) << text;
  }
}

}  // namespace
}  // namespace crm::engine
