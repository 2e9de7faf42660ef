"""The real helm, and what it makes of the chart."""

import dataclasses
import json
import os
import pathlib
import tempfile

import processes
import programs
import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
CHART = TOP / "charts/gardener-extension-cri-resmgr"
RELEASE = "cri-resmgr-extension"  # gardenlet takes the registration's name
NAMESPACE = "extension-cri-resmgr-extension-x"
NAME = "gardener-extension-cri-resmgr"
KUBERNETES = "1.34.0"


class HelmError(Exception):
    """What helm said when it refused."""


class _Strict(yaml.SafeLoader):
    """Refuses a key that is given twice."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise yaml.YAMLError(f"{twice} given twice near{node.start_mark}")
        return super().construct_mapping(node, deep)


@dataclasses.dataclass(frozen=True)
class Rendering:
    text: str

    @property
    def objects(self) -> list[dict]:
        return [one for one in yaml.load_all(self.text, _Strict) if one]

    def of(self, kind: str) -> list[dict]:
        return [one for one in self.objects if one["kind"] == kind]

    def one(self, kind: str) -> dict:
        found = self.of(kind)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} objects of kind {kind}, expected one")
        return found[0]

    @property
    def container(self) -> dict:
        return self.one("Deployment")["spec"]["template"]["spec"]["containers"][0]

    @property
    def arguments(self) -> dict[str, str]:
        return dict(word.removeprefix("--").split("=", 1) for word in self.container["args"])


def run(*words: str, text: str = "", environment: dict[str, str] | None = None) -> str:
    """helm's standard output. Raises HelmError. It keeps nothing between calls and knows no cluster of the user's."""
    with tempfile.TemporaryDirectory(prefix="crm-helm-") as home:
        own = {f"HELM_{kind}_HOME": home for kind in ("CACHE", "CONFIG", "DATA")}
        ran = processes.run([str(programs.path("helm")), *words], standard_input=text,
                            environment={"KUBECONFIG": os.devnull, **own, **(environment or {})})
    if ran.returncode != 0:
        raise HelmError(ran.stderr.strip())
    return ran.stdout


def render(values: dict | None = None, *options: str, chart: pathlib.Path = CHART,
           kubernetes: str = KUBERNETES) -> Rendering:
    return Rendering(run("template", RELEASE, str(chart), f"--namespace={NAMESPACE}", f"--kube-version={kubernetes}",
                         "--values=-", *options, text=json.dumps(values or {})))
