#include "gardener/managed_resource.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

// The numbers are those of the test vectors of spec 60.
namespace crm::gardener {
namespace {

constexpr char kShoot[] = "extension-runtime-cri-resmgr";
constexpr char kSeed[] = "extension-monitoring-cri-resmgr";

TEST(ManagedResource, Vectors22To25Names) {
  EXPECT_EQ(SecretName(kShoot, {{"installation_chart", "abc"}}),
            "managedresource-extension-runtime-cri-resmgr-dfe7a23f");
  EXPECT_EQ(ReferenceAnnotation("managedresource-extension-runtime-cri-resmgr-dfe7a23f"),
            "reference.resources.gardener.cloud/secret-3d511bc8");
  EXPECT_TRUE(SecretName(kShoot, {{"installation_chart", ""}}).ends_with("-cd372fb8"));
  EXPECT_TRUE(SecretName(kShoot, {{"b", "2"}, {"a", "1"}}).ends_with("-33b67563"));
  EXPECT_EQ(SecretName(kSeed, {{"data", "abc"}}), "managedresource-extension-monitoring-cri-resmgr-dfe7a23f");
  EXPECT_EQ(ReferenceAnnotation("managedresource-extension-monitoring-cri-resmgr-dfe7a23f"),
            "reference.resources.gardener.cloud/secret-607420d8");
}

TEST(ManagedResource, Secret) {
  const ManagedResource resource = {kShoot, ManagedResourceClass::kShoot, {{"installation_chart", "abc"}}};
  EXPECT_EQ(DesiredSecret(resource, "shoot--a--b"), Json::parse(R"({"apiVersion":"v1","kind":"Secret",
      "metadata":{"name":"managedresource-extension-runtime-cri-resmgr-dfe7a23f","namespace":"shoot--a--b",
      "labels":{"resources.gardener.cloud/garbage-collectable-reference":"true"}},
      "type":"Opaque","immutable":true,"data":{"installation_chart":"YWJj"}})"));
}

TEST(ManagedResource, ForeignMembersStayAndOursAreReset) {
  const ManagedResource resource = {kShoot, ManagedResourceClass::kShoot, {{"installation_chart", "abc"}}};
  const Json current =
      Json::parse(R"({"metadata":{"resourceVersion":"7","labels":{"origin":"gardener","a":"b"},
      "annotations":{"c":"d","reference.resources.gardener.cloud/secret-00000000":"old"}},
      "spec":{"keepObjects":true,"class":"x","secretRefs":[{"name":"old"}]},"status":{"x":1}})");
  const Json desired = DesiredManagedResource(resource, "shoot--a--b", current);
  EXPECT_EQ(desired["metadata"]["labels"], Json::parse(R"({"origin":"cri-resmgr-extension","a":"b"})"));
  EXPECT_EQ(desired["metadata"]["annotations"], Json::parse(R"({"c":"d",
      "reference.resources.gardener.cloud/secret-3d511bc8":"managedresource-extension-runtime-cri-resmgr-dfe7a23f"})"));
  EXPECT_EQ(desired["spec"], Json::parse(R"({"keepObjects":false,
      "secretRefs":[{"name":"managedresource-extension-runtime-cri-resmgr-dfe7a23f"}],
      "injectLabels":{"shoot.gardener.cloud/no-cleanup":"true"}})"));
  EXPECT_EQ(desired["status"], current["status"]);
  EXPECT_EQ(DesiredManagedResource(resource, "shoot--a--b", desired), desired) << "settled after one write";
}

TEST(ManagedResource, Vector27SeedClass) {
  const ManagedResource resource = {kSeed, ManagedResourceClass::kSeed, {{"data", "abc"}}};
  const Json in_shoot = DesiredManagedResource(resource, "shoot--a--b", Json());
  EXPECT_EQ(in_shoot["spec"]["class"], "seed");
  EXPECT_FALSE(in_shoot["spec"].contains("injectLabels"));
  EXPECT_FALSE(in_shoot["metadata"].contains("labels"));
  const Json in_garden = DesiredManagedResource(resource, "garden", Json());
  EXPECT_EQ(in_garden["metadata"]["labels"],
            Json::parse(R"({"gardener.cloud/role":"seed-system-component"})"));
}

}  // namespace
}  // namespace crm::gardener
