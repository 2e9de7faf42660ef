#include "gardener/render.h"

#include "gardener/actuator.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

// The numbers are those of the test vectors of spec 61.
namespace crm::gardener {
namespace {

using testing::ElementsAre;

Installation Sample() {
  Installation installation;
  installation.node_selector = {{"worker.gardener.cloud/cri-name", "containerd"}, {"x", "y"}};
  installation.agent_images = {{"", "r/a:1"}};
  return installation;
}

std::vector<std::string> Names(const std::vector<Json>& objects) {
  std::vector<std::string> names;
  for (const Json& object : objects)
    names.push_back(std::string(kube::Kind(object)) + " " + kube::ObjectKey(object));
  return names;
}

TEST(Render, Vector23ObjectsWithoutConfigs) {
  EXPECT_THAT(
      Names(RenderInstallation(Sample())),
      ElementsAre("CustomResourceDefinition adjustments.criresmgr.intel.com",
                  "ServiceAccount kube-system/cri-resmgr-agent", "ClusterRole cri-resmgr-agent",
                  "ClusterRoleBinding cri-resmgr-agent", "Role kube-system/cri-resmgr-agent",
                  "RoleBinding kube-system/cri-resmgr-agent", "DaemonSet kube-system/cri-resmgr-agent"));
}

TEST(Render, Vectors24And25AgentDaemonSet) {
  const Json set = RenderAgentDaemonSet({"", "r/a:1"}, Sample().node_selector);
  const Json& pod = set["spec"]["template"]["spec"];
  EXPECT_EQ(pod["nodeSelector"], Json::parse(R"({"worker.gardener.cloud/cri-name":"containerd","x":"y"})"));
  EXPECT_EQ(set["spec"]["selector"]["matchLabels"], Json::parse(R"({"app":"cri-resmgr-agent"})"));
  EXPECT_EQ(set["spec"]["template"]["metadata"]["labels"],
            Json::parse(R"({"app":"cri-resmgr-agent","gardener.cloud/role":"system-component"})"));
  EXPECT_EQ(pod["volumes"], Json::parse(R"([{"name":"sockets","hostPath":{"path":"/var/run/cri-resmgr",
      "type":"DirectoryOrCreate"}}])"));
  ASSERT_EQ(pod["containers"].size(), 1u);
  const Json& container = pod["containers"][0];
  EXPECT_EQ(container["image"], "r/a:1");
  EXPECT_EQ(container["command"], Json::parse(R"(["/bin/cri-resmgr-agent"])"));
  EXPECT_EQ(container["env"],
            Json::parse(R"([{"name":"NODE_NAME","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}}])"));
  EXPECT_EQ(container["readinessProbe"],
            Json::parse(R"({"exec":{"command":["/bin/cri-resmgr-agent-probe","-query",
      "config-status"]},"initialDelaySeconds":5,"periodSeconds":30})"));
  EXPECT_EQ(container["livenessProbe"]["exec"]["command"], Json::parse(R"(["/bin/cri-resmgr-agent-probe"])"));
  EXPECT_EQ(container["securityContext"]["capabilities"], Json::parse(R"({"drop":["ALL"]})"));
  EXPECT_EQ(container["volumeMounts"],
            Json::parse(R"([{"name":"sockets","mountPath":"/var/run/cri-resmgr"}])"));
  EXPECT_FALSE(container["resources"]["limits"].contains("cpu"));
}

TEST(Render, OneDaemonSetPerArchitectureWhereImagesDiffer) {
  const Json set = RenderAgentDaemonSet({"arm64", "r/a:arm"}, Sample().node_selector);
  EXPECT_EQ(set["metadata"]["name"], "cri-resmgr-agent-arm64");
  EXPECT_EQ(set["spec"]["selector"]["matchLabels"]["app"], "cri-resmgr-agent-arm64");
  EXPECT_EQ(set["spec"]["template"]["spec"]["nodeSelector"]["kubernetes.io/arch"], "arm64");
  EXPECT_EQ(RenderAgentDaemonSet({"amd64", "r/a"}, {})["metadata"]["name"], "cri-resmgr-agent");

  const auto vector = ImageVector::Parse(R"(images:
- {name: n, repository: r, tag: a}
- {name: n, repository: r, tag: b, architectures: [arm64]})");
  const Json mixed = Json::parse(R"({"spec":{"shoot":{"spec":{"provider":{"workers":[
      {"machine":{"architecture":"arm64"}},{"name":"x"}]}}}}})");
  using Pair = std::pair<std::string, std::string>;
  EXPECT_THAT(*ImagesPerArchitecture(*vector, "n", &mixed),
              ElementsAre(Pair("amd64", "r:a"), Pair("arm64", "r:b")));
  EXPECT_THAT(*ImagesPerArchitecture(*vector, "n", nullptr), ElementsAre(Pair("", "r:a")));
}

TEST(Render, AgentRightsAreExactlyThoseItUses) {
  const std::vector<Json> access = RenderAgentAccess();
  EXPECT_EQ(access[1]["rules"],
            Json::parse(R"([{"apiGroups":[""],"resources":["nodes"],"verbs":["get","list","watch","patch"]},
                            {"apiGroups":[""],"resources":["nodes/status"],"verbs":["patch"]}])"));
  EXPECT_EQ(access[3]["rules"],
            Json::parse(R"([{"apiGroups":[""],"resources":["configmaps"],"verbs":["get","list","watch"]},
      {"apiGroups":["criresmgr.intel.com"],"resources":["adjustments"],"verbs":["get","list","watch","patch"]},
      {"apiGroups":["criresmgr.intel.com"],"resources":["adjustments/status"],"verbs":["patch"]}])"));
  EXPECT_EQ(
      access[4]["subjects"],
      Json::parse(R"([{"kind":"ServiceAccount","name":"cri-resmgr-agent","namespace":"kube-system"}])"));
}

TEST(Render, CrdKeepsItsObjectsAndRequiresAScope) {
  const Json crd = RenderAdjustmentCrd();
  EXPECT_EQ(crd["metadata"]["annotations"]["resources.gardener.cloud/keep-object"], "true");
  const Json& version = crd["spec"]["versions"][0];
  EXPECT_FALSE(version.contains("subresources"));
  const Json& schema = version["schema"]["openAPIV3Schema"];
  EXPECT_EQ(schema["required"], Json::parse(R"(["spec"])"));
  EXPECT_EQ(schema["properties"]["spec"]["required"], Json::parse(R"(["scope"])"));
  EXPECT_EQ(schema["properties"]["spec"]["properties"]["scope"]["items"]["properties"]["nodes"],
            Json::parse(R"({"type":"array","items":{"type":"string"}})"));
}

TEST(Render, Vectors15To18And20ConfigMaps) {
  EXPECT_TRUE(RenderConfigMaps({}).empty());
  DeliverableConfigs configs;
  configs.statics = {{"fallback", "a: 1"}};
  configs.dynamics = {{"default", {{"CONFIG", "1\n"}}}, {"node.w-1", {}}};
  const std::vector<Json> maps = RenderConfigMaps(configs);
  EXPECT_THAT(Names(maps), ElementsAre("ConfigMap kube-system/cri-resmgr-static-configs",
                                       "ConfigMap kube-system/cri-resmgr-config.default",
                                       "ConfigMap kube-system/cri-resmgr-config.node.w-1"));
  EXPECT_EQ(maps[0]["data"], Json::parse(R"({"fallback.cfg":"a: 1"})"));
  EXPECT_EQ(maps[1]["data"], Json::parse(R"({"CONFIG":"1\n"})"));
  EXPECT_FALSE(maps[2].contains("data"));
  for (const Json& map : maps)
    EXPECT_EQ(map["metadata"]["labels"]["app.kubernetes.io/part-of"], "cri-resmgr");
}

TEST(Render, Vector22StreamIsDeterministicAndSafeForAnyText) {
  Installation installation = Sample();
  installation.configs.dynamics["default"] = {{"a", "---\nkind: Secret\n---\n{{ .Values.x }}\n\xff"}};
  const std::string stream = Serialise(RenderInstallation(installation));
  EXPECT_EQ(stream, Serialise(RenderInstallation(installation)));
  EXPECT_TRUE(stream.starts_with("---\n{"));
  EXPECT_THAT(Names(ParseStream(stream)), testing::SizeIs(8));
}

}  // namespace
}  // namespace crm::gardener
