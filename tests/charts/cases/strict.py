"""The real API server takes every rendered object, unknown and repeated fields refused; and so does helm's whole life cycle."""

import json

import case
import helm
import variants


class Strict(case.Case):
    @classmethod
    def setUpClass(cls):
        for namespace in (helm.NAMESPACE, "garden"):
            case.server.namespace(namespace)

    def test_every_object_of_every_variant(self):
        for name, values in variants.VARIANTS.items():
            with self.subTest(name):
                self.assertEqual(self.server.refusals_of_text(helm.render(values).text), "")

    def test_the_server_does_say_no(self):
        """So that the test above means something: one wrong field in each kind that is rendered."""
        for one in helm.render(variants.VARIANTS["everything"]).objects:
            spoilt = {**one, "metadata": {**one["metadata"], "name": one["metadata"]["name"] + "-x"}, "surplus": 1}
            if one["kind"] == "Deployment":
                spoilt = json.loads(json.dumps(one).replace('"readinessProbe"', '"readynessProbe"'))
            if one["kind"] in ("VerticalPodAutoscaler", "ClusterFilter", "ClusterParser"):
                spoilt = {**one, "spec": {**one["spec"], "surplus": 1}}
            with self.subTest(one["kind"]):
                self.assertIn("field not declared in schema", self.server.refusals([spoilt]))

    def test_install_upgrade_and_uninstall_leave_nothing(self):
        self.addCleanup(self.server.kubectl, "delete", "namespace", "cycle", "--wait=false")
        where = ["--namespace=cycle", f"--kubeconfig={self.server.kubeconfig}"]
        helm.run("install", helm.RELEASE, str(helm.CHART), *where, "--create-namespace")
        for values in (variants.VARIANTS["everything"], {"replicaCount": 1}):
            helm.run("upgrade", helm.RELEASE, str(helm.CHART), *where, "--values=-", text=json.dumps(values))
        helm.run("uninstall", helm.RELEASE, *where, "--wait")
        kinds = sorted({f"{one['kind']}.{version}.{group}" if group else one["kind"].lower()
                        for one in helm.render(variants.VARIANTS["everything"]).objects
                        for group, _, version in [one["apiVersion"].rpartition("/")]})
        left = self.server.kubectl("get", ",".join(kinds), "--all-namespaces", "--output=name",
                                   f"--selector=app.kubernetes.io/name={helm.NAME}")
        self.assertEqual((left.stdout, left.returncode), ("", 0), left.stderr)


class GoOriginal(case.Case):
    """The objects that the abandoned Go original's chart leaves in its namespace become ours in place."""

    def test_deployment_service_account_and_roles(self):
        namespace = "extension-of-the-go-original"
        self.server.namespace(namespace)
        self.addCleanup(self.server.kubectl, "delete", "namespace", namespace, "--wait=false")
        labels = {"app.kubernetes.io/name": helm.NAME}
        meta = {"name": helm.NAME, "namespace": namespace, "labels": labels}
        container = {"name": helm.NAME, "image": "localhost:5001/gardener-extension-cri-resmgr:latest",
                     "imagePullPolicy": "Always", "command": ["/gardener-extension-cri-resmgr"],
                     "env": [{"name": "LEADER_ELECTION_NAMESPACE", "value": "garden"}]}
        theirs = [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {
                "replicas": 1, "revisionHistoryLimit": 0, "selector": {"matchLabels": labels}, "template": {
                    "metadata": {"labels": {**labels, "networking.gardener.cloud/to-runtime-apiserver": "allowed"}},
                    "spec": {"priorityClassName": helm.NAME, "serviceAccountName": helm.NAME,
                             "containers": [container]}}}},
        ]
        made = self.server.kubectl("apply", "--server-side", "--field-manager=theirs", "--filename=-",
                                   text="\n---\n".join(json.dumps(one) for one in theirs))
        self.assertEqual(made.returncode, 0, made.stderr)
        ours = helm.run("template", helm.RELEASE, str(helm.CHART), f"--namespace={namespace}")
        taken = self.server.kubectl("apply", "--server-side", "--force-conflicts", "--validate=strict", "--filename=-",
                                    text=ours)
        self.assertEqual(taken.returncode, 0, taken.stderr)
        self.addCleanup(self.server.kubectl, "delete", "--filename=-", text=ours)
        spec = self.server.admin().get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{helm.NAME}").body["spec"]
        self.assertEqual(spec["replicas"], 2)
        self.assertEqual(len(spec["template"]["spec"]["containers"]), 1)
        self.assertIn("readinessProbe", spec["template"]["spec"]["containers"][0])
