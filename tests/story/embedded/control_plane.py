"""The cluster's side without a cluster: our embedded API servers as seed and shoot, the extension, the stand-in for the
gardener-resource-manager. The `vm` environment uses it too."""

import pathlib
import re

import poll
import processes
from environment import EXTENSION_NAMESPACE, Program
from kubeapi import KubeApi

_CRDS = pathlib.Path(__file__).resolve().parents[2] / "crds"


class ControlPlane:
    """Programs on this machine; `programs` gains a Managed for each one started."""

    def __init__(self, folder: pathlib.Path, binaries: pathlib.Path, programs: dict[Program, processes.Managed]):
        self._folder = folder
        self._binaries = binaries
        self._programs = programs
        self._configs: dict[Program, pathlib.Path] = {}

    def start_api_server(self, which: Program, address: str = "127.0.0.1") -> KubeApi:
        """`which` is SEED or SHOOT. A restart keeps the port: clients hold its address."""
        kubeconfig = self._folder / f"{which.value}.kubeconfig"
        data = self._folder / which.value
        data.mkdir()

        def command(listen: str) -> list[str]:
            return [str(self._binaries / "embedded-apiserver"), "--listen", listen, "--data-dir", str(data),
                    "--kubeconfig-out", str(kubeconfig), "--crds", str(_CRDS)]

        program = self._start(which, command(f"{address}:0"))
        poll.until(f"{which.value} to write its kubeconfig", lambda: _complete(kubeconfig), program=which)
        api = KubeApi(kubeconfig)
        program.command = command(re.sub(r"^https?://", "", api.server))
        poll.until(f"the {which.value} to answer", api.answers, program=which)
        self._configs[which] = kubeconfig
        return api

    def start_resource_manager(self) -> str:
        self._start(Program.RESOURCE_MANAGER, [
            str(self._binaries / "resource-manager-standin"),
            "--source-kubeconfig", str(self._configs[Program.SEED]),
            "--target-kubeconfig", str(self._configs[Program.SHOOT]),
        ])
        return "resource-manager-standin"

    def start_extension(self) -> str:
        self._start(
            Program.EXTENSION,
            [str(self._binaries / "gardener-extension-cri-resmgr"), "--kubeconfig", str(self._configs[Program.SEED]),
             "--metrics-bind-address=0", "--health-bind-address=0"],
            {"EXTENSION_CONFIGMAP_NAMESPACE": EXTENSION_NAMESPACE, "LEADER_ELECTION_NAMESPACE": EXTENSION_NAMESPACE},
        )
        return f"base configs from {EXTENSION_NAMESPACE}"

    def _start(self, which: Program, command: list[str], variables: dict[str, str] | None = None) -> processes.Managed:
        log = self._folder / "logs" / f"{which.value}.log"
        program = processes.Managed(pathlib.Path(command[0]).name, command, log, variables)
        self._programs[which] = program
        program.start()
        return program


def _complete(kubeconfig: pathlib.Path) -> bool:
    return kubeconfig.exists() and "current-context" in kubeconfig.read_text()
