"""The real kube-apiserver with every kind that the chart, the registration and shoots need."""

import json
import pathlib
import subprocess

import client
import control_plane
import processes
import programs
import yaml
from kubectl_api import KubectlApi

_CRDS = pathlib.Path(__file__).resolve().parents[1] / "crds"


class Server:
    """start(), then kubectl(); close() in the end. Runs in namespaces of its own: addresses are fixed."""

    def __init__(self, folder: pathlib.Path):
        self._plane = control_plane.ControlPlane(folder / "control-plane", folder / "logs",
                                                 str(programs.path("etcd")))
        self.kubeconfig = self._plane.kubeconfig("admin")

    def start(self) -> None:
        self._plane.start()
        self._plane.start_controllers()
        self.api = KubectlApi(programs.path("kubectl"), self.kubeconfig)
        files = sorted(_CRDS.rglob("*.yaml"))
        self.api.run("apply", "--server-side", *(f"--filename={file}" for file in files))
        names = [one["metadata"]["name"] for file in files for one in yaml.safe_load_all(file.read_text()) if one]
        self.api.run("wait", "--for=condition=Established", "--timeout=60s", *(f"crd/{name}" for name in names))

    def namespace(self, name: str) -> None:
        self.api.apply("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def admin(self) -> client.Client:
        return client.Client(self.kubeconfig)

    def write_kubeconfig(self, path: pathlib.Path, token: str) -> None:
        self._plane.write_kubeconfig(path, token)

    def refusals(self, objects: list[dict]) -> str:
        """What the server says against having them, unknown and repeated fields included; "" when nothing."""
        return self.refusals_of_text("---\n".join(json.dumps(one) + "\n" for one in objects))

    def refusals_of_text(self, text: str) -> str:
        ran = self.kubectl("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict",
                           "--filename=-", text=text)
        return "" if ran.returncode == 0 else ran.stderr.strip()

    def kubectl(self, *words: str, text: str = "") -> subprocess.CompletedProcess:
        return processes.run([*self.api.command, *words], standard_input=text)

    def close(self) -> None:
        self._plane.close()
