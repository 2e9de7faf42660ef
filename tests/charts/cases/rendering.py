"""What the chart renders: spec 60 section 13, spec 61 section 10.1."""

import hashlib
import re
import unittest

import helm
import variants
import yaml
from helm import render


class Deployment(unittest.TestCase):
    def test_names_and_labels_that_others_rely_on(self):
        deployment = render().one("Deployment")
        labels = {"app.kubernetes.io/name": helm.NAME}
        self.assertEqual(deployment["metadata"]["name"], helm.NAME)
        self.assertEqual(deployment["metadata"]["namespace"], helm.NAMESPACE)
        self.assertEqual(deployment["metadata"]["labels"],
                         {**labels, "high-availability-config.resources.gardener.cloud/type": "controller"})
        self.assertEqual(deployment["spec"]["selector"], {"matchLabels": labels})
        template = deployment["spec"]["template"]
        self.assertEqual(template["metadata"]["labels"], {
            **labels, "networking.gardener.cloud/to-dns": "allowed",
            "networking.gardener.cloud/to-runtime-apiserver": "allowed"})
        self.assertEqual([one["name"] for one in template["spec"]["containers"]], [helm.NAME])
        self.assertEqual(template["spec"]["containers"][0]["command"], ["/gardener-extension-cri-resmgr"])

    def test_runs_without_rights_on_its_node(self):
        spec = render().one("Deployment")["spec"]["template"]["spec"]
        self.assertTrue(spec["securityContext"]["runAsNonRoot"])
        self.assertGreater(spec["securityContext"]["runAsUser"], 0)
        self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
        self.assertEqual(spec["containers"][0]["securityContext"], {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})
        self.assertFalse([key for key in spec if key.startswith("host")])

    def test_probes_ask_the_health_port(self):
        rendered = render({"health": {"port": 9999}})
        for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
            asked = rendered.container[probe]["httpGet"]
            self.assertEqual((asked["path"], asked["port"]), (path, "health"))
        ports = {one["name"]: one["containerPort"] for one in rendered.container["ports"]}
        self.assertEqual(ports, {"health": 9999, "metrics": 8080})
        self.assertEqual(rendered.arguments["health-bind-address"], ":9999")

    def test_every_option_has_its_value(self):
        self.assertEqual(render().arguments, {
            "max-concurrent-reconciles": "5", "ignore-operation-annotation": "false", "extension-classes": "shoot",
            "leader-election": "true", "leader-election-id": "cri-resmgr-leader-election",
            "heartbeat-renew-interval-seconds": "30", "healthcheck-max-concurrent-reconciles": "5",
            "health-bind-address": ":8081", "metrics-bind-address": ":8080", "log-level": "info", "log-format": "json"})
        self.assertEqual(render({
            "maxConcurrentReconciles": 7, "ignoreOperationAnnotation": True, "extensionClasses": ["shoot", "garden"],
            "replicaCount": 1, "leaderElection": {"enabled": False, "id": "x"}, "heartbeat": {"renewIntervalSeconds": 10},
            "healthCheck": {"maxConcurrentReconciles": 3}, "log": {"level": "debug", "format": "text"},
            "metrics": {"enabled": False}, "nodeInstallation": False, "disabledControllers": ["heartbeat", "configs"],
            "gardener": {"version": "v1.150.0", "selfHostedShootCluster": True},
        }).arguments, {
            "max-concurrent-reconciles": "7", "ignore-operation-annotation": "true", "extension-classes": "shoot,garden",
            "leader-election": "false", "leader-election-id": "x", "heartbeat-renew-interval-seconds": "10",
            "healthcheck-max-concurrent-reconciles": "3", "health-bind-address": ":8081", "metrics-bind-address": "0",
            "log-level": "debug", "log-format": "text", "node-installation": "false",
            "disable-controllers": "heartbeat,configs", "gardener-version": "v1.150.0",
            "self-hosted-shoot-cluster": "true"})

    def test_namespaces_in_the_environment(self):
        def environment(values):
            return {one["name"]: one.get("value") or one["valueFrom"]["fieldRef"]["fieldPath"]
                    for one in render(values).container["env"]}

        self.assertEqual(environment({}), {"EXTENSION_CONFIGMAP_NAMESPACE": "metadata.namespace",
                                           "LEADER_ELECTION_NAMESPACE": helm.NAMESPACE})
        self.assertEqual(environment({"leaderElection": {"namespace": "garden"}})["LEADER_ELECTION_NAMESPACE"], "garden")

    def test_vector_47_image_by_digest(self):
        image = {"repository": "r.io/x", "tag": "sha256:x"}
        self.assertEqual(render({"image": image}, "--skip-schema-validation").container["image"], "r.io/x@sha256:x")
        self.assertEqual(render({"image": {"repository": "r.io/x", "tag": variants.DIGEST}}).container["image"],
                         f"r.io/x@{variants.DIGEST}")
        self.assertEqual(render({"image": {"repository": "r.io/x", "tag": "v1"}}).container["image"], "r.io/x:v1")
        self.assertNotIn("imagePullPolicy", render().container)

    def test_image_vector_is_mounted_and_a_change_restarts(self):
        rendered = render({"imageVectorOverwrite": variants.IMAGES})
        spec = rendered.one("Deployment")["spec"]["template"]["spec"]
        self.assertEqual(spec["volumes"], [{"name": "imagevector-overwrite", "configMap": {
            "name": f"{helm.NAME}-imagevector-overwrite", "defaultMode": 420}}])
        self.assertEqual(rendered.container["volumeMounts"],
                         [{"name": "imagevector-overwrite", "mountPath": "/charts_overwrite", "readOnly": True}])
        self.assertIn({"name": "IMAGEVECTOR_OVERWRITE", "value": "/charts_overwrite/images_overwrite.yaml"},
                      rendered.container["env"])
        self.assertEqual(rendered.one("ConfigMap")["data"], {"images_overwrite.yaml": variants.IMAGES})
        key = f"checksum/{helm.NAME}-imagevector-overwrite"

        def checksum(images):
            return render({"imageVectorOverwrite": images}).one("Deployment")["spec"]["template"]["metadata"][
                "annotations"][key]

        self.assertRegex(checksum(variants.IMAGES), "^[0-9a-f]{64}$")
        self.assertNotEqual(checksum(variants.IMAGES), checksum(variants.IMAGES + "# changed\n"))
        document = next(part for part in re.split(r"^---\n", rendered.text, flags=re.MULTILINE)
                        if "images_overwrite.yaml: |" in part)
        content = document.split("\n", 1)[1].rstrip("\n")
        self.assertIn(checksum(variants.IMAGES),
                      {hashlib.sha256((start + content + end).encode()).hexdigest() for start in ("", "\n")
                       for end in ("", "\n")}, "it is the SHA-256 of the rendered ConfigMap")


class Availability(unittest.TestCase):
    def test_two_replicas_that_give_way_one_by_one(self):
        rendered = render()
        self.assertEqual(rendered.one("Deployment")["spec"]["replicas"], 2)
        self.assertEqual(rendered.one("Deployment")["spec"]["strategy"], {
            "type": "RollingUpdate", "rollingUpdate": {"maxSurge": "100%", "maxUnavailable": 0}})
        budget = rendered.one("PodDisruptionBudget")["spec"]
        self.assertEqual(budget, {"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow",
                                  "selector": rendered.one("Deployment")["spec"]["selector"]})

    def test_spread_needs_no_zones(self):
        spread = render().one("Deployment")["spec"]["template"]["spec"]["topologySpreadConstraints"]
        self.assertEqual([one["topologyKey"] for one in spread], ["kubernetes.io/hostname", "topology.kubernetes.io/zone"])
        self.assertEqual({one["whenUnsatisfiable"] for one in spread}, {"ScheduleAnyway"})

    def test_one_replica_has_neither_budget_nor_spread(self):
        rendered = render({"replicaCount": 1})
        self.assertEqual(rendered.of("PodDisruptionBudget"), [])
        self.assertNotIn("topologySpreadConstraints", rendered.one("Deployment")["spec"]["template"]["spec"])

    def test_without_leader_election_no_two_run_at_once(self):
        rendered = render({"replicaCount": 1, "leaderElection": {"enabled": False}})
        self.assertEqual(rendered.one("Deployment")["spec"]["strategy"], {"type": "Recreate"})

    def test_old_clusters_do_not_know_the_eviction_policy(self):
        self.assertNotIn("unhealthyPodEvictionPolicy",
                         render(kubernetes="1.26.5").one("PodDisruptionBudget")["spec"])

    def test_priority_class(self):
        def used(values):
            rendered = render(values)
            return rendered.one("Deployment")["spec"]["template"]["spec"]["priorityClassName"], [
                one["metadata"]["name"] for one in rendered.of("PriorityClass")]

        runtime = {"gardener": {"runtimeCluster": {"priorityClassName": "gardener-garden-system-200"}}}
        self.assertEqual(used({}), ("gardener-system-900", []))
        self.assertEqual(used(runtime), ("gardener-garden-system-200", []))
        self.assertEqual(used({**runtime, "priorityClass": {"name": "mine"}}), ("mine", []))
        self.assertEqual(used({**runtime, "priorityClass": {"create": True}}), (helm.NAME, [helm.NAME]))
        self.assertEqual(used({"priorityClass": {"create": True, "name": "mine"}}), ("mine", ["mine"]))
        made = render({"priorityClass": {"create": True}}).one("PriorityClass")
        self.assertEqual((made["value"], made["globalDefault"]), (1000000000, False))

    def test_vpa(self):
        def mode(values):
            return render(values).one("VerticalPodAutoscaler")["spec"]["updatePolicy"]["updateMode"]

        self.assertEqual(mode({}), "Recreate")
        for version, expected in (("v1.78.0", "Recreate"), ("v1.145.9", "Recreate"), ("v1.146.0", "InPlaceOrRecreate"),
                                  ("v1.146.0-dev", "InPlaceOrRecreate"), ("v1.150.2", "InPlaceOrRecreate")):
            self.assertEqual(mode({"gardener": {"version": version}}), expected, version)
        self.assertEqual(mode({"vpa": {"updatePolicy": {"updateMode": "Off"}}, "gardener": variants.SEED}), "Off")
        spec = render().one("VerticalPodAutoscaler")["spec"]
        self.assertEqual(spec["targetRef"], {"apiVersion": "apps/v1", "kind": "Deployment", "name": helm.NAME})
        self.assertEqual(spec["resourcePolicy"]["containerPolicies"], [{
            "containerName": "*", "controlledValues": "RequestsOnly", "minAllowed": {"cpu": "10m", "memory": "64Mi"}}])
        self.assertEqual(render({"vpa": {"enabled": False}}).of("VerticalPodAutoscaler"), [])

    def test_no_horizontal_autoscaler(self):
        for name, values in variants.VARIANTS.items():
            self.assertEqual(render(values).of("HorizontalPodAutoscaler"), [], name)


class Surroundings(unittest.TestCase):
    def test_configs_reach_the_config_map_byte_for_byte_without_a_restart(self):
        rendered = render({"configs": variants.CONFIGS})
        made = rendered.one("ConfigMap")
        self.assertEqual(made["metadata"]["name"], f"{helm.NAME}-configs")
        self.assertEqual(made["metadata"]["labels"], {"app.kubernetes.io/name": helm.NAME})
        self.assertEqual(made["data"], variants.CONFIGS)
        self.assertEqual(rendered.one("Deployment"), render().one("Deployment"))
        for nothing in ({}, {"configs": {}}, {"configs": None}):
            self.assertEqual(render(nothing).of("ConfigMap"), [])

    def test_metrics_are_found_by_the_seeds_prometheus(self):
        rendered = render({"metrics": {"port": 9090}})
        self.assertEqual(rendered.one("Deployment")["spec"]["template"]["metadata"]["annotations"], {
            "prometheus.io/scrape": "true", "prometheus.io/port": "9090", "prometheus.io/name": helm.NAME})
        service = rendered.one("Service")
        prefix = "networking.resources.gardener.cloud/"
        annotations = {key.removeprefix(prefix): value if key.endswith("alias") else yaml.safe_load(value)
                       for key, value in service["metadata"]["annotations"].items()}
        self.assertEqual(annotations, {
            "from-all-seed-scrape-targets-allowed-ports": [{"port": 9090, "protocol": "TCP"}],
            "namespace-selectors": [{"matchLabels": {"kubernetes.io/metadata.name": "garden"}}],
            "pod-label-selector-namespace-alias": "extensions"})
        self.assertEqual(service["spec"]["selector"],
                         rendered.one("Deployment")["spec"]["selector"]["matchLabels"])
        self.assertEqual(service["spec"]["ports"][0]["targetPort"], "metrics")

    def test_without_metrics_nothing_announces_them(self):
        rendered = render({"metrics": {"enabled": False}})
        self.assertEqual(rendered.of("Service"), [])
        self.assertNotIn("annotations", rendered.one("Deployment")["spec"]["template"]["metadata"])
        self.assertEqual([one["name"] for one in rendered.container["ports"]], ["health"])

    def test_logging_objects_only_when_asked_for(self):
        self.assertEqual(render().of("ClusterParser") + render().of("ClusterFilter"), [])
        rendered = render({"logging": {"enabled": True}})
        parser, chosen = rendered.one("ClusterParser"), rendered.one("ClusterFilter")
        for one in (parser, chosen):
            self.assertEqual(one["metadata"]["labels"]["fluentbit.gardener/type"], "seed")
        self.assertEqual(chosen["spec"]["match"], f"kubernetes.*{helm.NAME}*{helm.NAME}*")
        self.assertEqual(chosen["spec"]["filters"][0]["parser"]["parser"], parser["metadata"]["name"])

    def test_everything_namespaced_is_in_the_release_namespace_or_the_leases(self):
        cluster_scoped = {"ClusterRole", "ClusterRoleBinding", "PriorityClass", "ClusterParser", "ClusterFilter"}
        for name, values in variants.VARIANTS.items():
            allowed = {helm.NAMESPACE, (values.get("leaderElection") or {}).get("namespace")}
            for one in render(values).objects:
                if one["kind"] not in cluster_scoped:
                    self.assertIn(one["metadata"].get("namespace"), allowed, f"{name}: {one['kind']}")
                self.assertEqual(one["metadata"]["labels"]["app.kubernetes.io/name"], helm.NAME, name)
