"""The story with everything real but our own programs: control plane, kubelet and gardener-resource-manager.

One cluster is seed and shoot at once. The extension runs on the host under its own service account's token, the agent as
a pod of its real DaemonSet under its own service account, cri-resmgr on the host between the real kubelet and a private
containerd. isolation.py gives the run its own processes, mounts and network, so every path and port is the usual one.
"""

import pathlib

import control_groups
import control_plane
import gardener
import images
import isolation
import node
import poll
import processes
import programs
from embedded import image
from embedded.environment import EmbeddedEnvironment
from environment import EXTENSION_NAMESPACE, KUBE_SYSTEM, Container, PodRequest, Program, Qos, Refused
from kubectl_api import KubectlApi

_HERE = pathlib.Path(__file__).resolve().parent
_EXTENSION = "gardener-extension-cri-resmgr"
_AGENT_IMAGE = "registry.test/cri-resmgr/agent:under-test"
_AGENT_LABEL = "app=cri-resmgr-agent"
# What the kubelet says of a container that it will try again and that a healthy node then starts.
_PASSING = ("Unavailable", "connection refused", "connection error", "no such file", "transport", "DeadlineExceeded")


class RealEnvironment(EmbeddedEnvironment):
    """Facts of the node and of our programs are read as in `embedded`; what starts and drives them differs."""

    name = "real"
    node_name = node.NODE_NAME
    killable = frozenset({Program.SEED, Program.RESOURCE_MANAGER, Program.EXTENSION, Program.AGENT, Program.DAEMON})

    def __init__(self, folder: pathlib.Path, binaries: pathlib.Path):
        logs = folder / "logs"
        self.folder = folder
        self._binaries = binaries
        self._programs: dict[Program, processes.Managed] = {}
        self._unclean: list[str] = []
        self._plane = control_plane.ControlPlane(folder / "control-plane", logs)
        self._runtime = node.Containerd(folder / "containerd", logs)
        self._sockets = pathlib.Path("/var/run/cri-resmgr")  # as the DaemonSet mounts it; the run's own /run
        self._relay = self._sockets / "cri-resmgr.sock"
        self._config_socket = self._sockets / "cri-resmgr-config.sock"
        self._agent_socket = self._sockets / "cri-resmgr-agent.sock"
        self._state = folder / "state"
        self._cgroup_root = isolation.control_group()
        self._manager = gardener.ResourceManager(folder / "resource-manager", logs, self._plane)
        self._kubelet = node.Kubelet(folder / "kubelet", logs, self._relay, self._cgroup_root,
                                     self._plane.kubeconfig("system:node:node1"))

    # Starting.

    def start_seed(self) -> str:
        self._plane.start()
        self._programs[Program.SEED] = self._plane.api_server
        self._api = self.seed = KubectlApi(programs.path("kubectl"), self._plane.kubeconfig("admin"))
        gardener.apply_definitions(self._api)
        return f"kube-apiserver {programs.KUBERNETES.version}, CRDs of Gardener {programs.GARDENER.version}"

    def start_shoot(self) -> str:
        self._plane.start_controllers()
        self.shoot = self._api
        for namespace in ("default", KUBE_SYSTEM):
            path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
            poll.until(f"the service account of {namespace}", lambda at=path: self._api.get(at), program=Program.SEED)
        return "the same cluster; controllers and scheduler run"

    def start_runtime(self) -> str:
        self._programs[Program.RUNTIME] = self._runtime.program
        return f"containerd {self._runtime.start()} at {self._runtime.socket}"

    def start_node(self) -> str:
        self._programs[Program.KUBELET] = self._kubelet.program
        self._kubelet.start()

        def ready(item: dict | None) -> bool:
            conditions = (item or {}).get("status", {}).get("conditions", [])
            return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)

        path = f"/api/v1/nodes/{self.node_name}"
        item = poll.until(f"Node {self.node_name} to be Ready", lambda: self._api.get(path), ready, timeout=90,
                          program=Program.KUBELET)
        info = item["status"]["nodeInfo"]
        return f"kubelet {info['kubeletVersion']}, runtime {info['containerRuntimeVersion']} behind {self._relay}"

    def start_resource_manager(self) -> str:
        self._programs[Program.RESOURCE_MANAGER] = self._manager.program
        self._manager.start()
        return f"gardener-resource-manager {programs.GARDENER.version}"

    def start_extension(self) -> str:
        """Under its own service account: what it may do is what the manifest allows."""
        self._api.run("apply", f"--filename={_HERE}/manifests/extension-rbac.yaml")
        token = self._api.run("create", "token", _EXTENSION, f"--namespace={EXTENSION_NAMESPACE}", "--duration=24h")
        kubeconfig = self.folder / "extension.kubeconfig"
        self._plane.write_kubeconfig(kubeconfig, token.strip())
        self._start(Program.EXTENSION, [_EXTENSION, f"--kubeconfig={kubeconfig}"], {
            "EXTENSION_CONFIGMAP_NAMESPACE": EXTENSION_NAMESPACE, "LEADER_ELECTION_NAMESPACE": EXTENSION_NAMESPACE,
            "IMAGEVECTOR_OVERWRITE": str(self._publish_agent())})
        return f"as system:serviceaccount:{EXTENSION_NAMESPACE}:{_EXTENSION}"

    def _publish_agent(self) -> pathlib.Path:
        """Gives the agent's image to the runtime, as a registry would; returns the image vector that names it."""
        archive = self.folder / "agent.tar"
        images.build(archive, _AGENT_IMAGE, {f"/bin/{name}": self._binaries / name
                                             for name in ("cri-resmgr-agent", "cri-resmgr-agent-probe")},
                     ["/bin/cri-resmgr-agent"])
        self._runtime.load(archive)
        vector = self.folder / "images.yaml"
        vector.write_text("images:\n" + "".join(f"- {{name: {_EXTENSION}-{part}, ref: {_AGENT_IMAGE}}}\n"
                                                for part in ("agent", "installation")), encoding="ascii")
        return vector

    def start_agent(self) -> str:
        """The kubelet starts it."""
        pod = poll.until("a running pod of the DaemonSet", self._agent_pod, _running, timeout=120, program=Program.AGENT,
                         show=_state)
        return f"pod {pod['metadata']['name']} as {pod['spec']['serviceAccountName']}"

    def await_agent_gone(self) -> str:
        poll.until("the agent's pod to be gone", self._agent_pod, lambda pod: pod is None, timeout=60,
                   program=Program.KUBELET, show=_state)
        return "the kubelet ended the agent's pod"

    # Facts.

    def cri_version(self, through_proxy: bool) -> dict[str, str]:
        """As the real crictl sees it."""
        socket = self._relay if through_proxy else self._runtime.socket
        asked = processes.run([str(programs.path("crictl")), "--runtime-endpoint", f"unix://{socket}", "--image-endpoint",
                               f"unix://{socket}", "version"])
        answer = {key: value.strip() for key, _, value in (line.partition(":") for line in asked.stdout.splitlines())}
        return answer or {"error": asked.stderr.strip()}

    # Acting as the user; the kubelet is real.

    def run_pod(self, request: PodRequest) -> Container:
        collection = f"/api/v1/namespaces/{request.namespace}/pods"
        self._api.apply(collection, _manifest(request))
        path = f"{collection}/{request.name}"

        def settled(pod: dict | None) -> bool:
            return _running(pod) or _refusal(pod) is not None

        pod = poll.until(f"pod {request.name} to run", lambda: self._api.get(path), settled, timeout=90,
                         program=Program.KUBELET, show=_state)
        reason = _refusal(pod)
        if reason is not None:
            self._delete(path)
            raise Refused(reason)
        return Container(request, pod["metadata"]["uid"], _container_id(pod))

    def remove_pod(self, container: Container) -> None:
        self._delete(f"/api/v1/namespaces/{container.request.namespace}/pods/{container.request.name}")

    def _delete(self, path: str) -> None:
        self._api.delete(path)
        poll.until(f"{path} to be gone", lambda: self._api.get(path), lambda pod: pod is None, timeout=60,
                   program=Program.KUBELET, show=_state)

    # Faults and watching.

    def kill(self, program: Program) -> None:
        if program is not Program.AGENT:
            super().kill(program)
            return
        pod = self._agent_pod()
        pid = self._runtime.task_pid(_container_id(pod)) if _running(pod) else None
        if pid:
            processes.kill_all([pid])

    def restart(self, program: Program) -> None:
        if program is not Program.AGENT:  # the kubelet restarts its containers
            super().restart(program)

    def died(self) -> str | None:
        return super().died() or next((how for one in self._plane.programs if (how := one.died())), None)

    def log_tail(self, program: Program, lines: int = 20) -> list[str]:
        if program is not Program.AGENT:
            return super().log_tail(program, lines)
        logs = sorted((self.folder / "logs/pods").glob("*cri-resmgr-agent*/*/*.log"), key=lambda log: log.stat().st_mtime)
        return processes.tail(logs[-1], lines) if logs else []

    def hints(self) -> list[str]:
        enter = f"nsenter --all --target {isolation.host_pid()}"
        kubectl = " ".join(self._api.command)
        return [
            f"{enter} {kubectl} get extensions,managedresources,daemonsets,pods -A",
            f"{enter} {programs.path('crictl')} --runtime-endpoint unix://{self._relay} ps",
            f"{enter} {self._binaries}/crmctl containers --relay-dir {self._state}",
            f"ls {self.folder}/logs",
        ]

    # Ending.

    def close(self) -> None:
        """Pods first and by the runtime, since without a kubelet nobody starts them again."""
        self._kubelet.program.end()
        self._end(Program.EXTENSION)
        self._manager.program.end()
        if self._runtime.program.pid:
            self._runtime.close()
        self._end(Program.DAEMON)
        self._plane.close()
        control_groups.remove(self._cgroup_root)

    def leftovers(self) -> list[str]:
        """The kernel ends processes, mounts and the network with the run's namespaces; here it is said who needed that."""
        left = self._unclean + [f"process {pid}: {line}" for pid, line in processes.mentioning("").items() if line]
        return left + [f"cgroup {path}" for path in control_groups.left(self._cgroup_root)]

    def _agent_pod(self) -> dict | None:
        pods = self._api.get(f"/api/v1/namespaces/{KUBE_SYSTEM}/pods?labelSelector={_AGENT_LABEL}")
        return next(iter((pods or {}).get("items", [])), None)


def _manifest(request: PodRequest) -> dict:
    amounts = {"cpu": f"{request.cpu_milli}m", "memory": f"{request.memory_mib}Mi"}
    resources = {
        Qos.GUARANTEED: {"requests": amounts, "limits": amounts},
        Qos.BURSTABLE: {"requests": amounts},
        Qos.BEST_EFFORT: {},
    }[request.qos]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": request.name, "namespace": request.namespace},
        "spec": {
            "containers": [{"name": request.name, "image": image.BUSYBOX, "imagePullPolicy": "IfNotPresent",
                            "resources": resources}],
            "terminationGracePeriodSeconds": 5,
            "automountServiceAccountToken": False,
        },
    }


def _status(pod: dict | None) -> dict:
    return next(iter((pod or {}).get("status", {}).get("containerStatuses", [])), {})


def _running(pod: dict | None) -> bool:
    return "running" in _status(pod).get("state", {}) and "deletionTimestamp" not in pod["metadata"]


def _container_id(pod: dict) -> str:
    return _status(pod)["containerID"].removeprefix("containerd://")


def _refusal(pod: dict | None) -> str | None:
    """Why the runtime said no to its container; None while it has not, or will say yes to the next try."""
    waiting = _status(pod).get("state", {}).get("waiting", {})
    message = waiting.get("message", "")
    if waiting.get("reason") != "CreateContainerError" or any(word in message for word in _PASSING):
        return None
    return message


def _state(pod: dict | None) -> str:
    if pod is None:
        return "no pod"
    conditions = pod.get("status", {}).get("conditions", [])
    unmet = [f"{one['type']}: {one['message']}" for one in conditions if one["status"] != "True" and one.get("message")]
    return f"phase {pod['status'].get('phase')}, container {_status(pod).get('state')}; {'; '.join(unmet)}"
