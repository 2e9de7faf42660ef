"""A containerd of this run's own: own root, state, socket and cgroup root."""

import pathlib

import cgroups
import poll
import processes
from environment import Program, StepFailed

from . import image

_CONFIG = """\
version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt",
  "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  disable_apparmor = true
  # Where CAP_SYS_RESOURCE is missing, runc cannot lower oom_score_adj.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
  [plugins."io.containerd.grpc.v1.cri".cni]
    conf_dir = "{folder}/cni"
"""


class Containerd:
    """start(), then pods through `socket`, then close(), which ends containers, shims and cgroups too."""

    def __init__(self, folder: pathlib.Path, logs: pathlib.Path, cgroup_root: str):
        self.folder = folder
        self.socket = folder / "containerd.sock"
        self.cgroup_root = cgroup_root  # name of the cgroup below which all pods are
        config = folder / "config.toml"
        self.program = processes.Managed(
            "containerd",
            ["containerd", "--config", str(config)],
            logs / "runtime.log",
        )

    def start(self) -> str:
        """Returns its version when it answers and has the images."""
        (self.folder / "cni").mkdir(parents=True)
        (self.folder / "config.toml").write_text(
            _CONFIG.format(folder=self.folder, socket=self.socket, pause=image.PAUSE)
        )
        self.program.start()
        answer = poll.until(
            "containerd to answer", lambda: self._ctr("version"), lambda ran: ran.returncode == 0,
            program=Program.RUNTIME, show=lambda ran: ran.stderr.strip(),
        )
        archive = self.folder / "image.tar"
        image.build(archive)
        imported = self._ctr("images", "import", "--snapshotter", "native", str(archive))
        if imported.returncode:
            raise StepFailed("the image to be imported", imported.stderr.strip(), Program.RUNTIME)
        return answer.stdout.split("Server:")[-1].split("Version:")[1].split()[0]

    def task_pid(self, container_id: str) -> int | None:
        """The container's first process, as its shim noted it; it may have ended."""
        noted = self.folder / "state/io.containerd.runtime.v2.task/k8s.io" / container_id / "init.pid"
        try:
            return int(noted.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def close(self) -> None:
        if self.program.pid:
            for task in self._ctr("tasks", "ls", "-q").stdout.split():
                self._ctr("tasks", "kill", "--signal", "9", task)
            for container in self._ctr("containers", "ls", "-q").stdout.split():
                self._ctr("tasks", "delete", "--force", container)
                self._ctr("containers", "delete", container)
        self.program.end()
        for tree in cgroups.trees(self.cgroup_root):
            processes.kill_all(cgroups.processes_below(tree))
        processes.kill_all(list(processes.mentioning(str(self.socket))))
        for mount in reversed(mounts_below(self.folder)):
            processes.run(["umount", mount])
        for tree in cgroups.trees(self.cgroup_root):
            cgroups.remove(tree)

    def _ctr(self, *words: str):
        return processes.run(["ctr", "--address", str(self.socket), "--namespace", "k8s.io", *words])


def mounts_below(folder: pathlib.Path) -> list[str]:
    """In the order they were made."""
    points = [line.split()[1] for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    return [point for point in points if point.startswith(f"{folder}/")]
