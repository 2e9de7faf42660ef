"""values.schema.json says no to what would not work, and says where."""

import json
import unittest

import helm
import variants
from helm import HelmError, render

# values -> the place and the reason that helm must name
_REFUSED: list[tuple[dict, str]] = [
    ({"replicas": 2}, "additional properties 'replicas' not allowed"),
    ({"replicaCount": "2"}, "at '/replicaCount': got string, want integer"),
    ({"replicaCount": -1}, "at '/replicaCount': minimum"),
    ({"replicaCount": 2, "leaderElection": {"enabled": False}}, "at '/replicaCount': maximum: got 2, want 1"),
    ({"image": "r.io/x:v1"}, "at '/image': got string, want object"),
    ({"image": None}, "missing property 'image'"),
    ({"image": {"repository": ""}}, "at '/image/repository'"),
    ({"image": {"repository": "r.io/x y"}}, "at '/image/repository'"),
    ({"image": {"tag": ""}}, "at '/image/tag'"),
    ({"image": {"tag": 1.5}}, "at '/image/tag': got number, want string"),
    ({"image": {"tag": "sha256:short"}}, "at '/image/tag'"),
    ({"image": {"pullPolicy": "Sometimes"}}, "at '/image/pullPolicy': value must be one of"),
    ({"image": {"digest": "x"}}, "at '/image': additional properties 'digest' not allowed"),
    ({"configs": {"default": {"policy": {}}}}, "at '/configs/default': got object, want string"),
    ({"configs": {"Fallback": "a: 1"}}, "at '/configs': additional properties 'Fallback' not allowed"),
    ({"configs": {"node..x": "a: 1"}}, "at '/configs': additional properties 'node..x' not allowed"),
    ({"configs": {"x" * 236: "a: 1"}}, "maxLength: got 236, want 235"),
    ({"configs": ["a"]}, "at '/configs'"),
    ({"imageVectorOverwrite": {"images": []}}, "at '/imageVectorOverwrite'"),
    ({"nodeInstallation": "no"}, "at '/nodeInstallation': got string, want boolean"),
    ({"maxConcurrentReconciles": 0}, "at '/maxConcurrentReconciles': minimum"),
    ({"extensionClasses": []}, "at '/extensionClasses': minItems"),
    ({"extensionClasses": ["node"]}, "at '/extensionClasses/0': value must be one of"),
    ({"disabledControllers": ["webhook"]}, "at '/disabledControllers/0': value must be one of"),
    ({"log": {"level": "trace"}}, "at '/log/level': value must be one of"),
    ({"log": {"format": "xml"}}, "at '/log/format': value must be one of"),
    ({"leaderElection": {"id": "With Blanks"}}, "at '/leaderElection/id'"),
    ({"leaderElection": {"namespace": "Garden"}}, "at '/leaderElection/namespace'"),
    ({"heartbeat": {"renewIntervalSeconds": 0}}, "at '/heartbeat/renewIntervalSeconds': minimum"),
    ({"heartbeat": {"renewIntervalSeconds": 301}}, "at '/heartbeat/renewIntervalSeconds': maximum"),
    ({"healthCheck": {"maxConcurrentReconciles": 0}}, "at '/healthCheck/maxConcurrentReconciles': minimum"),
    ({"health": {"port": 0}}, "at '/health/port': minimum"),
    ({"metrics": {"port": 65536}}, "at '/metrics/port': maximum"),
    ({"metrics": {"port": 8081}}, "metrics.port and health.port are both 8081, expected two ports"),
    ({"resources": {"request": {}}}, "at '/resources': additional properties 'request' not allowed"),
    ({"resources": {"requests": {"cpu": "10 m"}}}, "at '/resources/requests/cpu'"),
    ({"resources": {"limits": {"gpu": 1}}}, "additional properties 'gpu' not allowed"),
    ({"vpa": {"updatePolicy": {"updateMode": "Always"}}}, "at '/vpa/updatePolicy/updateMode': value must be one of"),
    ({"vpa": {"resourcePolicy": {"minAllowed": {"memory": "lots"}}}}, "at '/vpa/resourcePolicy/minAllowed/memory'"),
    ({"priorityClass": {"name": "Not A Name"}}, "at '/priorityClass/name'"),
    ({"priorityClass": {"create": "yes"}}, "at '/priorityClass/create'"),
    ({"logging": {"enabled": 1}}, "at '/logging/enabled': got number, want boolean"),
    ({"gardener": {"version": 1.5}}, "at '/gardener/version': got number, want string"),
]


def leaves(schema: dict, path: str = "") -> list[str]:
    """Dotted names of all values that an operator can set."""
    below = schema.get("properties")
    if not below:
        return [path]
    return [leaf for key, one in below.items() for leaf in leaves(one, f"{path}.{key}" if path else key)]


class Schema(unittest.TestCase):
    def test_refuses_and_says_where(self):
        for values, reason in _REFUSED:
            with self.subTest(values=values):
                with self.assertRaises(HelmError) as refused:
                    render(values)
                self.assertIn(reason, str(refused.exception))

    def test_every_value_is_refused_once(self):
        """So that a key which is added to the schema without a bound does not go unnoticed."""
        def keys(values: dict, path: str = "") -> list[str]:
            found = []
            for key, one in values.items():
                here = f"{path}.{key}" if path else key
                found += [here, *(keys(one, here) if isinstance(one, dict) else [])]
            return found

        refused = {key for values, _ in _REFUSED for key in keys(values)}
        free = {"gardener", "global", "metrics.enabled", "vpa.enabled", "ignoreOperationAnnotation",
                "gardener.selfHostedShootCluster", "gardener.runtimeCluster.enabled",
                "gardener.runtimeCluster.priorityClassName"}  # Gardener's own, or plain booleans as others above
        schema = json.loads((helm.CHART / "values.schema.json").read_text())
        missing = [leaf for leaf in leaves(schema)
                   if leaf not in free and not any(one == leaf or one.startswith(f"{leaf}.") for one in refused)]
        self.assertEqual(missing, [])

    def test_accepts_every_variant(self):
        for name, values in variants.VARIANTS.items():
            with self.subTest(name):
                render(values)

    def test_accepts_the_values_of_the_go_original(self):
        render({"replicaCount": 1, "heartbeat": {"renewIntervalSeconds": 30},
                "image": {"repository": "localhost:5001/gardener-extension-cri-resmgr", "tag": "latest",
                          "pullPolicy": "Always"},
                "vpa": {"enabled": True, "resourcePolicy": {"minAllowed": {"cpu": "10m", "memory": "64Mi"}},
                        "updatePolicy": {"updateMode": "Auto"}},
                "configs": None})

    def test_lint_is_content(self):
        for values in ({}, variants.VARIANTS["everything"]):
            said = helm.run("lint", "--strict", str(helm.CHART), "--values=-", text=json.dumps(values))
            self.assertIn("0 chart(s) failed", said)
