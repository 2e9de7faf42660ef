"""What the service account may do, by the real authorizer, and why."""

import json
import re
import unittest

import case
import helm
import variants

_USER = f"--as=system:serviceaccount:{helm.NAMESPACE}:{helm.NAME}"
_SHOOT = "shoot--a--b"
# verb, resource, namespace ("" cluster), subresource
_ALLOWED = [
    *((verb, "extensions.extensions.gardener.cloud", _SHOOT, "") for verb in ("get", "list", "watch", "patch")),
    ("patch", "extensions.extensions.gardener.cloud", _SHOOT, "status"),
    *((verb, "clusters.extensions.gardener.cloud", "", "") for verb in ("get", "list", "watch")),
    *((verb, "managedresources.resources.gardener.cloud", _SHOOT, "")
      for verb in ("get", "list", "watch", "create", "update", "patch", "delete")),
    *((verb, "secrets", _SHOOT, "") for verb in ("get", "create", "patch", "delete")),
    ("get", "namespaces", "", ""),
    *((verb, "events", _SHOOT, "") for verb in ("create", "patch")),
    *((verb, f"configmaps/{helm.NAME}-configs", helm.NAMESPACE, "") for verb in ("get", "list", "watch")),
    ("create", "leases.coordination.k8s.io", helm.NAMESPACE, ""),
    ("patch", "leases.coordination.k8s.io/gardener-extension-heartbeat", helm.NAMESPACE, ""),
    *((verb, "leases.coordination.k8s.io/cri-resmgr-leader-election", helm.NAMESPACE, "") for verb in ("get", "update")),
]
_DENIED = [
    ("list", "secrets", _SHOOT, ""),
    ("list", "secrets", helm.NAMESPACE, ""),
    ("get", "configmaps/other", helm.NAMESPACE, ""),
    ("list", "configmaps", helm.NAMESPACE, ""),
    ("get", f"configmaps/{helm.NAME}-configs", _SHOOT, ""),
    ("update", f"configmaps/{helm.NAME}-configs", helm.NAMESPACE, ""),
    ("create", "extensions.extensions.gardener.cloud", _SHOOT, ""),
    ("delete", "extensions.extensions.gardener.cloud", _SHOOT, ""),
    ("patch", "clusters.extensions.gardener.cloud", "", ""),
    ("list", "namespaces", "", ""),
    ("create", "pods", _SHOOT, ""),
    ("get", "deployments.apps", _SHOOT, ""),
    ("create", "leases.coordination.k8s.io", "garden", ""),
    ("get", "leases.coordination.k8s.io/other", helm.NAMESPACE, ""),
    ("impersonate", "users", "", ""),
]


class Rights(case.Case):
    def setUp(self):
        for namespace in (helm.NAMESPACE, "garden", _SHOOT):
            self.server.namespace(namespace)

    def grant(self, values: dict) -> None:
        objects = [one for one in helm.render(values).objects
                   if one["kind"] in ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")]
        text = "\n---\n".join(map(json.dumps, objects))
        given = self.server.kubectl("apply", "--filename=-", text=text)
        self.assertEqual(given.returncode, 0, given.stderr)
        self.addCleanup(self.server.kubectl, "delete", "--filename=-", text=text)

    def may(self, verb: str, resource: str, namespace: str, subresource: str) -> bool:
        asked = self.server.kubectl("auth", "can-i", verb, resource, _USER, *([f"--namespace={namespace}"] if namespace else []),
                                    *([f"--subresource={subresource}"] if subresource else []))
        answer = asked.stdout.strip()
        self.assertIn(answer, ("yes", "no"), f"{verb} {resource}: {asked.stderr}")
        return answer == "yes"

    def test_what_it_needs_and_nothing_else(self):
        self.grant({})
        for asked in _ALLOWED:
            self.assertTrue(self.may(*asked), asked)
        for asked in _DENIED:
            self.assertFalse(self.may(*asked), asked)

    def test_leader_election_elsewhere(self):
        self.grant({"leaderElection": {"namespace": "garden", "id": "mine"}})
        self.assertTrue(self.may("update", "leases.coordination.k8s.io/mine", "garden", ""))
        self.assertTrue(self.may("create", "leases.coordination.k8s.io", "garden", ""))
        self.assertFalse(self.may("patch", "leases.coordination.k8s.io/gardener-extension-heartbeat", "garden", ""))
        self.assertFalse(self.may("update", "leases.coordination.k8s.io/mine", helm.NAMESPACE, ""))


class Reasons(unittest.TestCase):
    def test_every_verb_says_why(self):
        lines = (helm.CHART / "templates/rbac.yaml").read_text().splitlines()
        verbs = [line for line in lines if re.match(r"^  - [a-z]+\b", line)]
        self.assertGreater(len(verbs), 25)
        self.assertEqual([line for line in verbs if not re.search(r"# \w+", line)], [])

    def test_no_wildcards_and_the_table_above_is_complete(self):
        for values in variants.VARIANTS.values():
            rendered = helm.render(values)
            for role in rendered.of("ClusterRole") + rendered.of("Role"):
                for rule in role["rules"]:
                    self.assertNotIn("*", str(rule))
        granted = {(verb, resource, name) for role in helm.render().of("ClusterRole") + helm.render().of("Role")
                   for rule in role["rules"] for verb in rule["verbs"] for resource in rule["resources"]
                   for name in rule.get("resourceNames", [""])}
        tried = set()
        for verb, resource, _, subresource in _ALLOWED:
            kind, _, name = resource.partition("/")
            tried.add((verb, kind.partition(".")[0] + (f"/{subresource}" if subresource else ""), name))
        self.assertEqual(granted, tried)
