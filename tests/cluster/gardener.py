"""Gardener's own part: its CRDs and the real gardener-resource-manager, seed and shoot being one cluster."""

import pathlib
import shutil
import urllib.request

import control_plane
import poll
import processes
import programs
from environment import Program
from kubectl_api import KubectlApi

# The ports of the extension under test are the usual 8080 and 8081: this one keeps out of the way.
_CONFIG = """\
apiVersion: resourcemanager.config.gardener.cloud/v1alpha1
kind: ResourceManagerConfiguration
sourceClientConnection: {{qps: 100, burst: 130}}
leaderElection: {{leaderElect: false}}
logLevel: info
logFormat: text
server:
  webhooks: {{port: 9449, tls: {{serverCertDir: "{folder}"}}}}
  healthProbes: {{port: 18081}}
  metrics: {{port: 18080}}
controllers:
  health: {{concurrentSyncs: 5, syncPeriod: 15s}}
  managedResources: {{concurrentSyncs: 5, syncPeriod: 15s, managedByLabelValue: gardener}}
  garbageCollector: {{enabled: true, syncPeriod: 1h}}
"""


def apply_definitions(api: KubectlApi) -> None:
    """Extension, Cluster and ManagedResource, from the module that the resource manager was built from."""
    files = [programs.folder(programs.GARDENER) / pathlib.Path(name).name for name in programs.GARDENER.keep]
    api.run("apply", "--server-side", *(f"--filename={file}" for file in files))
    names = [file.stem.removeprefix("10-crd-") for file in files]
    crds = [f"crd/{plural}.{group}" for group, _, plural in (name.rpartition("_") for name in names)]
    api.run("wait", "--for=condition=Established", "--timeout=30s", *crds)


class ResourceManager:
    """The real gardener-resource-manager; source and target are the one cluster of `plane`."""

    def __init__(self, folder: pathlib.Path, logs: pathlib.Path, plane: control_plane.ControlPlane):
        self._folder = folder
        self._plane = plane
        kubeconfig = str(plane.kubeconfig("gardener-resource-manager"))
        self.program = processes.Managed(
            "gardener-resource-manager",
            [str(programs.path("gardener-resource-manager")), f"--config={folder}/config.yaml"],
            logs / "runtime-manager.log",
            {"KUBECONFIG": kubeconfig, "TARGET_KUBECONFIG": kubeconfig},
        )

    def start(self) -> None:
        """Returns when its health endpoint answers."""
        self._folder.mkdir(parents=True)
        (self._folder / "config.yaml").write_text(_CONFIG.format(folder=self._folder), encoding="ascii")
        # Nobody calls its webhooks here, but it wants a certificate for them.
        shutil.copyfile(self._plane.folder / "server.crt", self._folder / "tls.crt")
        shutil.copyfile(self._plane.folder / "server.key", self._folder / "tls.key")
        shutil.copyfile(self._plane.ca, self._folder / "ca.crt")
        self.program.start()
        poll.until("gardener-resource-manager to be healthy", self._healthy, timeout=60,
                   program=Program.RESOURCE_MANAGER)

    @staticmethod
    def _healthy() -> bool:
        try:
            with urllib.request.urlopen("http://127.0.0.1:18081/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False
