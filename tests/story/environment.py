"""What the story needs from the place it runs in, and nothing more.

The story (steps.py) is told once and runs unchanged in three environments: `embedded` (API servers of our own and a
private containerd on this machine), `real` (real control plane, kubelet and gardener-resource-manager) and `vm` (the
node half inside QEMU). An environment starts and ends programs, plays or drives the kubelet, and reads facts: it never
decides whether a fact is right. Every method that says "returns when" polls with a deadline and raises StepFailed.

Life: steps call the start_* methods in the order they stand below, once each; close() ends everything in reverse, also
after an exception or a signal, and never raises; leftovers() then names what is still there (the story fails if any).
After close() a signal or a crash leaves nothing either: main.py runs all of it in namespaces of its own (tests/cluster's
isolation). The constructor takes (folder, programs): the run's folder and the folder of built programs.
"""

import abc
import dataclasses
import enum
import pathlib


class StepFailed(Exception):
    """A step did not hold: what was expected, what was found, and whose log tells more."""

    def __init__(self, expected: str, got: str, program: "Program | None" = None):
        super().__init__(f"expected {expected}; got {got}")
        self.expected = expected
        self.got = got
        self.program = program


class Refused(Exception):
    """The container runtime's answer to a pod was "no"; the text is the reason as the kubelet would see it."""


class Program(enum.Enum):
    """Programs that can be killed and restarted (`--kill PROGRAM@STEP`); values are the words of the command line."""

    SEED = "seed"
    SHOOT = "shoot"
    RESOURCE_MANAGER = "runtime-manager"
    EXTENSION = "extension"
    AGENT = "agent"
    DAEMON = "daemon"
    RUNTIME = "runtime"  # containerd: has a log, is not in the kill matrix
    KUBELET = "kubelet"  # real only: has a log, is not in the kill matrix


class Qos(enum.Enum):
    GUARANTEED = "Guaranteed"
    BURSTABLE = "Burstable"
    BEST_EFFORT = "BestEffort"


@dataclasses.dataclass(frozen=True)
class PodRequest:
    """One pod with one container, named alike. What it asks for, as a user would write it in the pod's spec.

    Guaranteed: requests = limits = (cpu_milli, memory_mib). Burstable: requests only. BestEffort: both zero.
    """

    name: str
    namespace: str
    qos: Qos
    cpu_milli: int = 0
    memory_mib: int = 0

    def asked(self) -> str:
        if self.qos is Qos.BEST_EFFORT:
            return "BestEffort"
        return f"{self.qos.value} {self.cpu_milli}m"


@dataclasses.dataclass(frozen=True)
class Container:
    """A running container of a PodRequest."""

    request: PodRequest
    pod_id: str  # sandbox id of the runtime
    id: str  # container id of the runtime


@dataclasses.dataclass(frozen=True)
class Placement:
    """CPUs and memory nodes, as sets of numbers."""

    cpus: frozenset[int]
    mems: frozenset[int]


@dataclasses.dataclass(frozen=True)
class Decision:
    """What the daemon says it decided for one container (`crmctl containers`); None: it does not restrict this one."""

    container_id: str
    cpus: frozenset[int] | None
    mems: frozenset[int] | None
    kind: str  # "reserved", "shared", "exclusive", "mixed": the daemon's word
    pool: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Machine:
    """The machine the containers run on, as its kernel tells."""

    cpus: frozenset[int]  # online
    mems: frozenset[int]  # memory nodes that are online
    node_of_cpu: dict[int, int]  # CPU -> memory node


class Api(abc.ABC):
    """One Kubernetes API server as an administrator sees it. Paths are URL paths ("/api/v1/namespaces/x/configmaps/y").

    Each call retries for a bounded time while the server cannot be reached (it may just be restarted); any other
    refusal raises ApiError with the server's code and message.
    """

    @abc.abstractmethod
    def get(self, path: str) -> dict | None:
        """The object or list; None when the server says it does not exist."""

    @abc.abstractmethod
    def apply(self, path: str, item: dict) -> dict:
        """Creates the object at the collection `path`, or merge-patches an existing one of that name to `item`."""

    @abc.abstractmethod
    def patch(self, path: str, change: dict) -> dict:
        """JSON merge patch."""

    @abc.abstractmethod
    def delete(self, path: str) -> None:
        """Asks for deletion; absent is fine."""


class ApiError(Exception):
    def __init__(self, code: int, message: str):
        super().__init__(f"{code}: {message}")
        self.code = code


class Environment(abc.ABC):
    """See the module's text. Attributes are set by the start_* method that makes them true."""

    name: str  # "embedded", "real", "vm"
    folder: pathlib.Path  # everything of this run; logs under folder/logs/<program>.log
    seed: Api
    shoot: Api
    node_name: str  # the node's name in the shoot
    killable: frozenset[Program]  # what kill() accepts here; a class attribute

    # Starting. Each returns one short line for the timeline ("containerd 1.6.20, native snapshotter").

    @abc.abstractmethod
    def start_seed(self) -> str:
        """Returns when the seed answers and serves Extension, Cluster and ManagedResource."""

    @abc.abstractmethod
    def start_shoot(self) -> str:
        """Returns when the shoot answers. In `real` it may be the same server as the seed."""

    @abc.abstractmethod
    def start_runtime(self) -> str:
        """Returns when a private containerd answers and has the test image."""

    @abc.abstractmethod
    def start_daemon(self) -> str:
        """Returns when cri-resmgr serves its relay socket in front of that containerd."""

    @abc.abstractmethod
    def start_node(self) -> str:
        """Returns when the Node object of node_name is in the shoot (and Ready, where a real kubelet runs, its endpoint
        being the relay socket)."""

    @abc.abstractmethod
    def start_resource_manager(self) -> str:
        """The gardener-resource-manager or its stand-in: seed is its source, shoot its target."""

    @abc.abstractmethod
    def start_extension(self) -> str:
        """gardener-extension-cri-resmgr, base configs in the namespace EXTENSION_NAMESPACE of the seed (may be absent)."""

    @abc.abstractmethod
    def start_agent(self) -> str:
        """Called when the DaemonSet cri-resmgr-agent is in the shoot: returns when its agent runs on the node.

        Where no kubelet runs, the environment starts the agent as the DaemonSet asks for it."""

    @abc.abstractmethod
    def await_agent_gone(self) -> str:
        """Called when the DaemonSet is gone: returns when its agent does not run any more.

        Where no kubelet runs, the environment ends the agent itself."""

    # Facts.

    @abc.abstractmethod
    def machine(self) -> Machine:
        """The machine of the node."""

    @abc.abstractmethod
    def cri_version(self, through_proxy: bool) -> dict[str, str]:
        """The CRI Version answer from the relay socket, or from the runtime's own socket."""

    @abc.abstractmethod
    def decisions(self) -> dict[str, Decision]:
        """Container id -> what the daemon decided; {} while the daemon cannot be asked."""

    @abc.abstractmethod
    def active_policy(self) -> str:
        """The policy the daemon runs; "" while the daemon cannot be asked."""

    @abc.abstractmethod
    def config_status(self) -> tuple[bool, str]:
        """What the agent's probe (`-query config-status`) answers: in force or not, and why not."""

    @abc.abstractmethod
    def kernel(self, container: Container) -> Placement | None:
        """cpuset.cpus and cpuset.mems of the cgroup of the container's process, read from the kernel; None when no
        process of it runs."""

    # Acting as the kubelet.

    @abc.abstractmethod
    def run_pod(self, request: PodRequest) -> Container:
        """Returns when the container runs. Retries what a kubelet would retry (runtime unavailable). Raises Refused when
        the runtime says no; the refused pod is then removed."""

    @abc.abstractmethod
    def remove_pod(self, container: Container) -> None:
        """Returns when the pod is stopped and removed."""

    # Faults and watching.

    @abc.abstractmethod
    def kill(self, program: Program) -> None:
        """kill -9; returns when the process is gone."""

    @abc.abstractmethod
    def restart(self, program: Program) -> None:
        """Starts it again as it was started (same addresses, same state folder); need not wait until it serves."""

    def died(self) -> str | None:
        """A program of ours that ended without being told to, and how; None when all run."""
        return None

    @abc.abstractmethod
    def log_tail(self, program: Program, lines: int = 20) -> list[str]:
        """The last lines of its log; [] when there is none."""

    @abc.abstractmethod
    def hints(self) -> list[str]:
        """Command lines with which a person can look at what runs (kubectl, crictl, crmctl)."""

    # Ending.

    @abc.abstractmethod
    def close(self) -> None:
        """Ends every pod, process, mount, namespace and cgroup this environment made. Safe to call twice."""

    @abc.abstractmethod
    def leftovers(self) -> list[str]:
        """After close(): what of it is still there, and which program did not end as it was told to; one line each."""


EXTENSION_NAMESPACE = "extension-cri-resmgr-extension"  # of the seed: where the extension itself runs
SHOOT_NAMESPACE = "shoot--demo--one"  # of the seed: where the shoot's objects are
KUBE_SYSTEM = "kube-system"  # of the shoot


def isolate(name: str) -> None:
    """main.py calls this first of all, before it makes threads, files or children: where the environment wants
    namespaces of its own (PID, mount, network) it starts this program anew inside them and returns there only.

    Inside, /run, /var/log and /var/lib are the run's own empty folders, and everything started is ended by the kernel
    when main.py ends, however it ends. Ctrl-C and SIGTERM are passed on; the exit status is handed out.
    tests/cluster/isolation.py, whose folder is on sys.path as for create().
    """
    if name in ("real", "vm"):
        import isolation

        isolation.enter(network=name == "real")


def implementation(name: str) -> type[Environment]:
    """tests/cluster provides `real` and `vm`; its folder is put on sys.path by main.py."""
    if name == "embedded":
        from embedded.environment import EmbeddedEnvironment as found
    elif name == "real":
        from real_environment import RealEnvironment as found
    elif name == "vm":
        from vm_environment import VmEnvironment as found
    else:
        raise ValueError(f"unknown environment {name!r}")
    return found
