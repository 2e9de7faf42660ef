"""The two servers that the suite can judge: ours, and the real kube-apiserver with etcd and its controllers."""

import abc
import json
import pathlib
import urllib.request

import client
import control_plane
import poll
import processes
import programs

_CRDS = pathlib.Path(__file__).resolve().parents[1] / "crds"


class Server(abc.ABC):
    """start(), then admin() and so on; close() in the end. Runs in namespaces of its own: addresses are fixed."""

    name: str

    @abc.abstractmethod
    def start(self) -> None:
        """Returns when it is ready, controllers included."""

    @abc.abstractmethod
    def kubeconfig(self) -> pathlib.Path:
        """Of an administrator."""

    @abc.abstractmethod
    def forget_history(self) -> None:
        """Versions before now can no longer be read (and version 1 no longer be watched from)."""

    @abc.abstractmethod
    def close(self) -> list[str]:
        """Ends all of it; says which program did not end as it was told to."""

    def admin(self) -> client.Client:
        return client.Client(self.kubeconfig())


class EmbeddedServer(Server):
    name = "embedded"

    def __init__(self, folder: pathlib.Path, binaries: pathlib.Path):
        self._kubeconfig = folder / "kubeconfig"
        self._program = processes.Managed("embedded-apiserver", [
            str(binaries / "embedded-apiserver"), "--listen=127.0.0.1:6443", f"--data-dir={folder}/data",
            f"--kubeconfig-out={self._kubeconfig}",
        ], folder / "logs/embedded-apiserver.log")

    def start(self) -> None:
        (self._kubeconfig.parent / "data").mkdir(parents=True)
        self._program.start()
        with poll.watching(self._check):
            poll.until("the server to write its kubeconfig", lambda: _complete(self._kubeconfig))
            poll.until("the server to answer", lambda: _ready(self.admin()))

    def kubeconfig(self) -> pathlib.Path:
        return self._kubeconfig

    def forget_history(self) -> None:
        case = self.admin().post("/faults", {"forgetHistory": True})
        if case.code != 200:
            raise RuntimeError(f"forget history: {case}")

    def close(self) -> list[str]:
        return [how for how in [self._program.end()] if how]

    def _check(self) -> None:
        if how := self._program.died():
            raise RuntimeError(f"{how}; its log ends:\n" + "\n".join(self._program.tail(20)))


class RealServer(Server):
    name = "real"

    def __init__(self, folder: pathlib.Path, _binaries: pathlib.Path):
        self._plane = control_plane.ControlPlane(folder / "control-plane", folder / "logs",
                                                 str(programs.path("etcd")))

    def start(self) -> None:
        self._plane.start()
        self._plane.start_controllers()

    def kubeconfig(self) -> pathlib.Path:
        return self._plane.kubeconfig("admin")

    def forget_history(self) -> None:
        """etcd's own compaction, over its JSON gateway."""
        revision = self.admin().get("/api/v1/configmaps", limit=1).version
        body = json.dumps({"revision": revision, "physical": True}).encode()
        with urllib.request.urlopen(f"{control_plane.ETCD}/v3/kv/compaction", body, timeout=10) as answer:
            answer.read()

    def close(self) -> list[str]:
        self._plane.close()
        return []


SERVERS: dict[str, type[Server]] = {one.name: one for one in (EmbeddedServer, RealServer)}


def ensure(name: str) -> None:
    """What needs the network, before the namespaces are entered."""
    programs.ensure()


def _complete(kubeconfig: pathlib.Path) -> bool:
    return kubeconfig.exists() and "current-context" in kubeconfig.read_text()


def _ready(admin: client.Client) -> bool:
    try:
        return admin.get("/readyz").code == 200
    except OSError:
        return False
