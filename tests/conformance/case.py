"""The base of every case: a client, a namespace of the class's own, and what is expected of answers."""

import itertools
import pathlib
import unittest

import client
import servers
from client import Answer

_server: servers.Server
_folder: pathlib.Path
until = client.until
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_numbers = itertools.count(1)


def use(server: servers.Server, folder: pathlib.Path) -> None:
    """main.py: the server that is judged, and a folder for whatever cases write."""
    global _server, _folder
    _server, _folder = server, folder


class Case(unittest.TestCase):
    """self.api is an administrator's client, self.ns a fresh namespace, self.maps the path of its ConfigMaps."""

    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = _server
        cls.api = _server.admin()
        cls.ns = f"{cls.__module__.rpartition('.')[2].replace('_', '-')}-{next(_numbers)}"
        made = cls.api.post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace",
                                                   "metadata": {"name": cls.ns}})
        assert made.code == 201, made
        cls.maps = f"/api/v1/namespaces/{cls.ns}/configmaps"

    def folder(self) -> pathlib.Path:
        made = _folder / self.id()
        made.mkdir(exist_ok=True)
        return made

    def serve(self, crd: dict) -> str:
        """Registers a CustomResourceDefinition until the test ends; the path of its objects (of self.ns)."""
        name = crd["metadata"]["name"]
        self.made(self.api.post(CRDS, crd))
        self.addCleanup(lambda: self.api.delete(f"{CRDS}/{name}"))
        spec = crd["spec"]
        version = next(one["name"] for one in spec["versions"] if one["storage"])
        scope = f"namespaces/{self.ns}/" if spec["scope"] == "Namespaced" else ""
        path = f"/apis/{spec['group']}/{version}/{scope}{spec['names']['plural']}"
        until(f"{path} to be served", lambda: self.api.get(path), lambda answer: answer.code == 200)
        return path

    def ok(self, answer: Answer, code: int = 200) -> dict:
        """The body of an answer that must have this code."""
        self.assertEqual(answer.code, code, answer)
        return answer.body

    def made(self, answer: Answer) -> dict:
        return self.ok(answer, 201)

    def refused(self, answer: Answer, code: int, reason: str | None = None, message: str | None = None,
                details: dict | None = None) -> dict:
        """A Status with exactly this code, reason, message (where given) and these details (where given)."""
        self.assertIsInstance(answer.body, dict, answer)
        self.assertEqual(answer.body.get("kind"), "Status", answer)
        self.assertEqual((answer.code, answer.body["status"], answer.body["code"]), (code, "Failure", code), answer)
        if reason is not None:
            self.assertEqual(answer.body.get("reason", ""), reason, answer)
        if message is not None:
            self.assertEqual(answer.body["message"], message)
        if details is not None:
            self.assertEqual(answer.body.get("details", {}), details)
        return answer.body

    def invalid(self, answer: Answer, kind: str, name: str, *causes: tuple[str, str, str]) -> None:
        """422 with these causes (field, reason, message), in any order; `kind` is "ConfigMap" or "Deployment.apps"."""
        body = self.refused(answer, 422, "Invalid")
        found = [(one.get("field", ""), one["reason"], one["message"]) for one in body["details"]["causes"]]
        self.assertEqual(sorted(set(found)), sorted(causes), answer)
        self.assertTrue(body["message"].startswith(f'{kind} "{name}" is invalid: '), body["message"])
        self.assertEqual(body["details"]["kind"], kind.partition(".")[0])


def config_map(name: str, **fields) -> dict:
    """With data {"key": "value"} unless `data` says otherwise; `labels`, `annotations`, ... go to the metadata."""
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": "value"}}
    for key, value in fields.items():
        (item if key in ("data", "binaryData", "immutable") else item["metadata"])[key] = value
    return item


def widgets(plural: str, schema: dict | None = None, **version) -> dict:
    """A CustomResourceDefinition PLURAL.example.org, kind Widget-PLURAL, one version v1 with the subresource status."""
    kind = "Widget" + plural.capitalize()
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.example.org"},
        "spec": {
            "group": "example.org", "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": plural.removesuffix("s") or plural},
            "versions": [{"name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
                          "schema": {"openAPIV3Schema": schema or
                                     {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}, **version}],
        },
    }


def names(listed: dict) -> list[str]:
    return [item["metadata"]["name"] for item in listed["items"]]



def pod_template(name: str) -> dict:
    return {"metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "main", "image": "registry.test/main:1"}]}}


def daemon_set(name: str) -> dict:
    """Whose pods fit no node."""
    template = pod_template(name)
    template["spec"]["nodeSelector"] = {"example.org/none": "true"}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name},
            "spec": {"selector": {"matchLabels": {"app": name}}, "template": template}}


def deployment(name: str, replicas: int = 0) -> dict:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": pod_template(name)}}
