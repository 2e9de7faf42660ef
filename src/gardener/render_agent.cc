#include "gardener/names.h"
#include "gardener/render.h"
#include "nlohmann/json.hpp"

namespace crm::gardener {
namespace {

constexpr char kAgent[] = "cri-resmgr-agent";
constexpr char kSocketDirectory[] = "/var/run/cri-resmgr";
constexpr char kRbacGroup[] = "rbac.authorization.k8s.io";

Json Object(const char* api_version, const char* kind, const std::string& name, bool namespaced) {
  Json object = {{"apiVersion", api_version}, {"kind", kind}, {"metadata", {{"name", name}}}};
  if (namespaced) object["metadata"]["namespace"] = kShootNamespace;
  return object;
}

Json Rule(const char* group, Json resources, Json verbs) {
  return {
      {"apiGroups", Json::array({group})}, {"resources", std::move(resources)}, {"verbs", std::move(verbs)}};
}

Json Role(const char* kind, bool namespaced, Json rules) {
  Json role = Object("rbac.authorization.k8s.io/v1", kind, kAgent, namespaced);
  role["rules"] = std::move(rules);
  return role;
}

Json Binding(const char* kind, const char* role_kind, bool namespaced) {
  Json binding = Object("rbac.authorization.k8s.io/v1", kind, kAgent, namespaced);
  binding["roleRef"] = {{"apiGroup", kRbacGroup}, {"kind", role_kind}, {"name", kAgent}};
  binding["subjects"] =
      Json::array({{{"kind", "ServiceAccount"}, {"name", kAgent}, {"namespace", kShootNamespace}}});
  return binding;
}

Json Probe(Json command) {
  return {{"exec", {{"command", std::move(command)}}}, {"initialDelaySeconds", 5}, {"periodSeconds", 30}};
}

Json Container(const std::string& image) {
  return {
      {"name", kAgent},
      {"image", image},
      {"imagePullPolicy", "IfNotPresent"},
      {"command", {"/bin/cri-resmgr-agent"}},
      {"env", Json::array({{{"name", "NODE_NAME"},
                            {"valueFrom", {{"fieldRef", {{"fieldPath", "spec.nodeName"}}}}}}})},
      // No CPU limit: a throttled agent would delay configurations. Root, because the daemon's sockets are
      // root's.
      {"resources", {{"requests", {{"cpu", "10m"}, {"memory", "32Mi"}}}, {"limits", {{"memory", "512Mi"}}}}},
      {"securityContext",
       {{"allowPrivilegeEscalation", false},
        {"capabilities", {{"drop", {"ALL"}}}},
        {"readOnlyRootFilesystem", true},
        {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
      {"livenessProbe", Probe({"/bin/cri-resmgr-agent-probe"})},
      // A refused configuration makes the pod not ready, which the Shoot's conditions then show.
      {"readinessProbe", Probe({"/bin/cri-resmgr-agent-probe", "-query", "config-status"})},
      {"volumeMounts", Json::array({{{"name", "sockets"}, {"mountPath", kSocketDirectory}}})},
  };
}

}  // namespace

// The rights of spec 50 section 9, a reason each:
std::vector<Json> RenderAgentAccess() {
  const Json cluster_rules = Json::array({
      Rule("", {"nodes"},
           {"get", "list", "watch", "patch"}),  // the group label; labels and taints for the daemon
      Rule("", {"nodes/status"}, {"patch"}),    // extended resources for the daemon
  });
  const Json rules = Json::array({
      Rule("", {"configmaps"}, {"get", "list", "watch"}),  // configurations
      Rule("criresmgr.intel.com", {"adjustments"},
           {"get", "list", "watch", "patch"}),                         // and status without subresource
      Rule("criresmgr.intel.com", {"adjustments/status"}, {"patch"}),  // status with subresource
  });
  return {
      Object("v1", "ServiceAccount", kAgent, true),
      Role("ClusterRole", false, cluster_rules),
      Binding("ClusterRoleBinding", "ClusterRole", false),
      Role("Role", true, rules),
      Binding("RoleBinding", "Role", true),
  };
}

Json RenderAgentDaemonSet(const AgentImage& image, const std::map<std::string, std::string>& node_selector) {
  std::string name = kAgent;
  std::map<std::string, std::string> selector = node_selector;
  if (!image.architecture.empty()) {
    selector["kubernetes.io/arch"] = image.architecture;
    if (image.architecture != "amd64") name += "-" + image.architecture;  // the known name stays with amd64
  }
  Json object = Object("apps/v1", "DaemonSet", name, true);
  object["metadata"]["labels"] = {{"app", name}};
  object["spec"] = {
      {"selector", {{"matchLabels", {{"app", name}}}}},
      {"updateStrategy", {{"type", "RollingUpdate"}, {"rollingUpdate", {{"maxUnavailable", "10%"}}}}},
      {"template",
       {{"metadata", {{"labels", {{"app", name}, {"gardener.cloud/role", "system-component"}}}}},
        {"spec",
         {{"serviceAccountName", kAgent},
          {"priorityClassName", "system-node-critical"},
          {"nodeSelector", selector},
          {"tolerations", Json::array({{{"effect", "NoSchedule"}, {"operator", "Exists"}},
                                       {{"effect", "NoExecute"}, {"operator", "Exists"}}})},
          {"containers", Json::array({Container(image.image)})},
          {"volumes",
           Json::array({{{"name", "sockets"},
                         {"hostPath", {{"path", kSocketDirectory}, {"type", "DirectoryOrCreate"}}}}})}}}}},
  };
  return object;
}

}  // namespace crm::gardener
