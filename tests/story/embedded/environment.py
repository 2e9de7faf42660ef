"""The environment without a cluster: API servers of our own, a private containerd, and this suite playing the kubelet."""

import json
import pathlib

import cgroups
import isolation
import poll
import processes
from environment import (
    Container,
    Decision,
    Environment,
    Machine,
    Placement,
    PodRequest,
    Program,
)

from . import image
from .containerd import Containerd, mounts_below
from .control_plane import ControlPlane
from .podctl import Podctl


class EmbeddedEnvironment(Environment):
    name = "embedded"
    node_name = "node1"
    killable = frozenset({Program.SEED, Program.SHOOT, Program.RESOURCE_MANAGER, Program.EXTENSION, Program.AGENT,
                          Program.DAEMON})

    def __init__(self, folder: pathlib.Path, binaries: pathlib.Path):
        self.folder = folder
        self._binaries = binaries
        self._programs: dict[Program, processes.Managed] = {}
        self._unclean: list[str] = []  # programs that did not end as they were told
        self._control_plane = ControlPlane(folder, binaries, self._programs)
        self._cgroup_root = isolation.control_group()
        self._runtime = Containerd(folder / "containerd", folder / "logs", self._cgroup_root)
        self._sockets = folder / "run"
        self._relay = self._sockets / "cri-resmgr.sock"
        self._config_socket = self._sockets / "cri-resmgr-config.sock"
        self._agent_socket = self._sockets / "cri-resmgr-agent.sock"
        self._state = folder / "state"
        self._pods = Podctl(binaries / "podctl", self._relay, self._cgroup_root, image.BUSYBOX)

    # Starting.

    def start_seed(self) -> str:
        self.seed = self._control_plane.start_api_server(Program.SEED)
        return self.seed.server

    def start_shoot(self) -> str:
        self.shoot = self._control_plane.start_api_server(Program.SHOOT)
        return self.shoot.server

    def start_runtime(self) -> str:
        self._programs[Program.RUNTIME] = self._runtime.program
        return f"containerd {self._runtime.start()} at {self._runtime.socket}"

    def start_daemon(self) -> str:
        for made in (self._sockets, self._state):
            made.mkdir()
        self._start(Program.DAEMON, [
            "cri-resmgr", "--runtime-socket", str(self._runtime.socket), "--image-socket", "default",
            "--relay-socket", str(self._relay), "--relay-dir", str(self._state),
            "--config-socket", str(self._config_socket), "--agent-socket", str(self._agent_socket),
        ])
        poll.until("cri-resmgr's relay socket", self._relay.exists, program=Program.DAEMON)
        return f"relay {self._relay}"

    def start_node(self) -> str:
        self.shoot.apply("/api/v1/nodes", {
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": self.node_name, "labels": {"worker.gardener.cloud/cri-name": "containerd"}},
        })
        return f"Node {self.node_name}"

    def start_resource_manager(self) -> str:
        return self._control_plane.start_resource_manager()

    def start_extension(self) -> str:
        return self._control_plane.start_extension()

    def start_agent(self) -> str:
        self._start(
            Program.AGENT,
            ["cri-resmgr-agent", "-kubeconfig", str(self.shoot.kubeconfig), "-agent-socket", str(self._agent_socket),
             "-cri-resmgr-socket", str(self._config_socket), "-push-delay", "200ms"],
            {"NODE_NAME": self.node_name},
        )
        return "agent in the place of the DaemonSet's pod"

    def await_agent_gone(self) -> str:
        self._end(Program.AGENT)
        return "agent ended with its DaemonSet"

    # Facts.

    def machine(self) -> Machine:
        return this_machine()

    def cri_version(self, through_proxy: bool) -> dict[str, str]:
        return self._pods.version(self._relay if through_proxy else self._runtime.socket)

    def decisions(self) -> dict[str, Decision]:
        asked = processes.run([str(self._binaries / "crmctl"), "containers", "--relay-dir", str(self._state), "-o", "json"])
        return parse_decisions(asked.stdout) if asked.returncode == 0 else {}

    def active_policy(self) -> str:
        return parse_policy(read_text(self._state / "cache"))

    def config_status(self) -> tuple[bool, str]:
        asked = processes.run([str(self._binaries / "cri-resmgr-agent-probe"), "-agent-socket", str(self._agent_socket),
                               "-query", "config-status"])
        return asked.returncode == 0, (asked.stderr or asked.stdout).strip()

    def kernel(self, container: Container) -> Placement | None:
        pid = self._runtime.task_pid(container.id)
        try:
            return cgroups.of_process(pid) if pid else None
        except OSError:
            return None

    # Acting as the kubelet.

    def run_pod(self, request: PodRequest) -> Container:
        return self._pods.run(request)

    def remove_pod(self, container: Container) -> None:
        self._pods.remove(container)

    # Faults and watching.

    def kill(self, program: Program) -> None:
        self._programs[program].kill()

    def restart(self, program: Program) -> None:
        self._programs[program].restart()

    def died(self) -> str | None:
        return next((how for program in self._programs.values() if (how := program.died())), None)

    def log_tail(self, program: Program, lines: int = 20) -> list[str]:
        return self._programs[program].tail(lines) if program in self._programs else []

    def hints(self) -> list[str]:
        return [
            f"kubectl --kubeconfig {self.seed.kubeconfig} get extensions,managedresources -A",
            f"kubectl --kubeconfig {self.shoot.kubeconfig} -n kube-system get configmaps",
            f"crictl --runtime-endpoint unix://{self._relay} ps",
            f"{self._binaries}/crmctl containers --relay-dir {self._state}",
            f"ls {self.folder}/logs",
        ]

    # Ending.

    def close(self) -> None:
        for which in (Program.AGENT, Program.EXTENSION, Program.RESOURCE_MANAGER, Program.DAEMON):
            self._end(which)
        self._runtime.close()
        for which in (Program.SHOOT, Program.SEED):
            self._end(which)

    def leftovers(self) -> list[str]:
        left = list(self._unclean)
        left += [f"process {pid}: {line}" for pid, line in processes.mentioning(str(self.folder)).items()]
        left += [f"mount {point}" for point in mounts_below(self.folder)]
        return left + [f"cgroup {tree}" for tree in cgroups.trees(self._cgroup_root)]

    def _end(self, which: Program) -> None:
        how = self._programs[which].end() if which in self._programs else None
        if how:
            self._unclean.append(how)

    def _start(self, which: Program, command: list[str], variables: dict[str, str] | None = None) -> None:
        binary = str(self._binaries / command[0])
        program = processes.Managed(command[0], [binary, *command[1:]], self.folder / "logs" / f"{which.value}.log", variables)
        self._programs[which] = program
        program.start()


def parse_decisions(containers: str) -> dict[str, Decision]:
    """From what `crmctl containers -o json` printed."""

    def numbers(text: str | None) -> frozenset[int] | None:
        return None if text is None else cgroups.parse_set(text)

    return {
        one["id"]: Decision(one["id"], numbers(one["cpus"]), numbers(one["mems"]), one["kind"], one["pool"], one["reason"])
        for one in json.loads(containers)
    }


def parse_policy(state: str) -> str:
    """From the text of the daemon's state file; "" when there is none."""
    return json.loads(state).get("PolicyName", "") if state else ""


def read_text(path: pathlib.Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def this_machine() -> Machine:
    """Online CPUs and memory nodes as this kernel tells them."""
    system = pathlib.Path("/sys/devices/system")
    cpus = cgroups.parse_set((system / "cpu/online").read_text())
    mems = cgroups.parse_set((system / "node/online").read_text()) if (system / "node").exists() else frozenset({0})
    node_of_cpu = {cpu: 0 for cpu in cpus}
    for node in mems:
        listed = system / f"node/node{node}/cpulist"
        if listed.exists():
            node_of_cpu.update(dict.fromkeys(cgroups.parse_set(listed.read_text()) & cpus, node))
    return Machine(cpus, mems, node_of_cpu)
