"""The kubelet's part, played by tests/tools/podctl: pods through the relay socket, as a kubelet would ask for them."""

import json
import pathlib
import time

import poll
import processes
from environment import Container, PodRequest, Program, Refused, StepFailed

# podctl's exit statuses.
_REFUSED = 1  # the runtime's "no" is on standard error
_UNAVAILABLE = 3  # nobody answered, or the connection broke: a kubelet tries again
_PATIENCE = 60.0


class Podctl:
    """One node's pods. `run_command` is processes.run, or the like on another machine. Not thread-safe."""

    def __init__(self, binary: pathlib.Path, socket: pathlib.Path, cgroup_root: str, image: str,
                 run_command=processes.run):
        self._binary = binary
        self._socket = socket
        self._cgroup_root = cgroup_root
        self._image = image
        self._run_command = run_command

    def version(self, socket: pathlib.Path) -> dict[str, str]:
        asked = self._run_command([str(self._binary), "version", "--socket", str(socket)])
        return json.loads(asked.stdout) if asked.returncode == 0 else {"error": asked.stderr.strip()}

    def run(self, request: PodRequest) -> Container:
        deadline = time.monotonic() + _PATIENCE
        while True:
            asked = self._podctl(
                "run", "--name", request.name, "--namespace", request.namespace, "--qos", request.qos.value,
                "--cpu", f"{request.cpu_milli}m", "--memory", f"{request.memory_mib}Mi", "--image", self._image,
                "--cgroup-root", f"/{self._cgroup_root}",
            )
            if asked.returncode == 0:
                ids = json.loads(asked.stdout)
                return Container(request, ids["pod"], ids["container"])
            # What the failed try left is removed before the next one, as a kubelet does.
            self._remove(request, deadline)
            if asked.returncode == _REFUSED:
                raise Refused(asked.stderr.strip())
            if asked.returncode != _UNAVAILABLE or time.monotonic() > deadline:
                raise StepFailed(f"pod {request.namespace}/{request.name} to run", asked.stderr.strip(), Program.DAEMON)

    def remove(self, container: Container) -> None:
        self._remove(container.request, time.monotonic() + _PATIENCE)

    def _remove(self, request: PodRequest, deadline: float) -> None:
        while True:
            gone = self._podctl("remove", "--name", request.name, "--namespace", request.namespace)
            if gone.returncode == 0:
                return
            poll.hopeful()
            if time.monotonic() > deadline:
                raise StepFailed(f"pod {request.name} to be removed", gone.stderr.strip(), Program.DAEMON)
            time.sleep(0.1)

    def _podctl(self, *words: str):
        return self._run_command([str(self._binary), words[0], "--socket", str(self._socket), *words[1:]], timeout=_PATIENCE)
