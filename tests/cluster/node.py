"""The real node half: a containerd with a pod network, and the real kubelet in front of any CRI endpoint.

Runs inside the mount namespace of isolation.py: /run, /var/lib and /var/log are the run's own there.
"""

import pathlib

import cache
import control_groups
import control_plane
import poll
import processes
import programs
from embedded import image
from environment import Program, StepFailed

NODE_NAME = "node1"
_CONTAINERD = """\
version = 2
root = "{folder}/root"
state = "/run/containerd/state"
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
    bin_dir = "{plugins}"
    conf_dir = "{folder}/cni"
"""
_NETWORK = """\
{{"cniVersion": "0.4.0", "name": "pods", "plugins": [{{"type": "ptp", "ipam": {{"type": "host-local",
  "dataDir": "/run/ipam", "ranges": [[{{"subnet": "10.20.0.0/24"}}]], "routes": [{{"dst": "0.0.0.0/0"}}]}}}}]}}
"""
_KUBELET = """\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {{anonymous: {{enabled: true}}, webhook: {{enabled: false}}}}
authorization: {{mode: AlwaysAllow}}
cgroupDriver: cgroupfs
cgroupRoot: /{cgroup}
containerRuntimeEndpoint: unix://{endpoint}
resolvConf: ""
podLogsDir: "{logs}/pods"
failSwapOn: false
enforceNodeAllocatable: []
localStorageCapacityIsolation: false
readOnlyPort: 0
oomScoreAdj: 0
syncFrequency: 5s
nodeStatusUpdateFrequency: 5s
evictionHard: {{memory.available: "1Mi", nodefs.available: "0%", imagefs.available: "0%", nodefs.inodesFree: "0%"}}
imageGCHighThresholdPercent: 100
"""


def _plugins() -> pathlib.Path:
    unpacked = cache.root() / "debian" / "containernetworking-plugins" / "usr/lib/cni"
    return unpacked if unpacked.is_dir() else pathlib.Path("/usr/lib/cni")


class Containerd:
    """start(), then load() images."""

    def __init__(self, folder: pathlib.Path, logs: pathlib.Path):
        self.folder = folder
        self.socket = folder / "containerd.sock"
        config = str(folder / "config.toml")
        self.program = processes.Managed("containerd", ["containerd", "--config", config], logs / "runtime.log")

    def start(self) -> str:
        """Returns its version when it answers."""
        (self.folder / "cni").mkdir(parents=True)
        (self.folder / "cni" / "10-pods.conflist").write_text(_NETWORK.format(), encoding="ascii")
        (self.folder / "config.toml").write_text(_CONTAINERD.format(
            folder=self.folder, socket=self.socket, pause=image.PAUSE, plugins=_plugins()), encoding="ascii")
        self.program.start()
        answer = poll.until("containerd to answer", lambda: self.ctr("version"), lambda ran: ran.returncode == 0,
                            program=Program.RUNTIME, show=lambda ran: ran.stderr.strip())
        archive = self.folder / "busybox.tar"
        image.build(archive)
        self.load(archive)
        return answer.stdout.split("Server:")[-1].split("Version:")[1].split()[0]

    def load(self, archive: pathlib.Path) -> None:
        """Imports a docker-archive for the kubelet's pods."""
        done = self.ctr("images", "import", "--snapshotter", "native", str(archive))
        if done.returncode != 0:
            raise StepFailed(f"the image {archive.name} to be imported", done.stderr.strip(), Program.RUNTIME)

    def task_pid(self, container_id: str) -> int | None:
        """The container's first process, from the runtime's own table."""
        for line in self.ctr("tasks", "ls").stdout.splitlines()[1:]:
            task, pid, state = line.split()[:3]
            if task == container_id and state == "RUNNING":
                return int(pid)
        return None

    def close(self) -> None:
        for task in self.ctr("tasks", "ls", "-q").stdout.split():
            self.ctr("tasks", "delete", "--force", task)
        self.program.end()

    def ctr(self, *words: str):
        return processes.run(["ctr", "--address", str(self.socket), "--namespace", "k8s.io", *words])


class Kubelet:
    """The real kubelet of the node `node1`, its pods in control groups below `cgroup`."""

    def __init__(self, folder: pathlib.Path, logs: pathlib.Path, endpoint: pathlib.Path, cgroup: str,
                 kubeconfig: pathlib.Path):
        self._config = folder / "kubelet.yaml"
        self._text = _KUBELET.format(cgroup=cgroup, endpoint=endpoint, logs=logs)
        self._cgroup = cgroup
        self.program = processes.Managed("kubelet", [
            str(programs.path("kubelet")), f"--config={self._config}", f"--kubeconfig={kubeconfig}",
            "--root-dir=/var/lib/kubelet", f"--cert-dir={folder}/kubelet-certificates",
            f"--hostname-override={NODE_NAME}", f"--node-ip={control_plane.NODE_ADDRESS}",
            "--node-labels=worker.gardener.cloud/cri-name=containerd", "-v=2",
        ], logs / "kubelet.log")

    def start(self) -> None:
        """Returns at once; the node becomes Ready."""
        self._config.parent.mkdir(parents=True, exist_ok=True)
        self._config.write_text(self._text, encoding="ascii")
        control_groups.create(self._cgroup)
        self.program.start()
