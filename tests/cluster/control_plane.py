"""The real control plane of one cluster: etcd, kube-apiserver, kube-controller-manager and kube-scheduler.

Runs inside a network namespace of its own (isolation.py), so all addresses are fixed. The API server listens on every
address there, the first service address among them: pods reach `kubernetes.default` without kube-proxy.
"""

import pathlib
import ssl
import subprocess
import urllib.error
import urllib.request

import poll
import processes
import programs
from environment import Program

SERVICE_ADDRESS = "10.96.0.1"  # the first of the service range; what pods find in KUBERNETES_SERVICE_HOST
NODE_ADDRESS = "10.10.0.1"
SERVER = f"https://{SERVICE_ADDRESS}:443"
ETCD = "http://127.0.0.1:2379"
# user -> its group. Every program has the identity, and so the rights, that it has in a real cluster.
_USERS = {
    "admin": "system:masters",
    "system:kube-controller-manager": "",
    "system:kube-scheduler": "",
    "system:node:node1": "system:nodes",
    "gardener-resource-manager": "system:masters",
}
_CONTROLLERS = (
    "serviceaccount-controller", "serviceaccount-token-controller", "root-ca-certificate-publisher-controller",
    "daemonset-controller", "deployment-controller", "replicaset-controller", "garbage-collector-controller",
    "namespace-controller", "node-lifecycle-controller", "taint-eviction-controller",
    "pod-garbage-collector-controller",
)
_KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{{name: real, cluster: {{server: "{server}", certificate-authority: "{ca}"}}}}]
users: [{{name: user, user: {{token: "{token}"}}}}]
contexts: [{{name: real, context: {{cluster: real, user: user}}}}]
current-context: real
"""


class ControlPlane:
    """start(), then start_controllers(); close() in the end. Files below `folder`, logs in `logs`."""

    def __init__(self, folder: pathlib.Path, logs: pathlib.Path, etcd: str = "etcd"):
        self.folder = folder
        self.ca = folder / "ca.crt"
        key = str(folder / "service-account.key")
        identity = ["--leader-elect=false", "--secure-port=0"]
        self._etcd = processes.Managed("etcd", [
            etcd, "--data-dir", str(folder / "etcd"), "--listen-client-urls", ETCD,
            "--advertise-client-urls", ETCD, "--listen-peer-urls", "http://127.0.0.1:2380", "--unsafe-no-fsync",
        ], logs / "etcd.log")
        self.api_server = processes.Managed("kube-apiserver", [
            str(programs.path("kube-apiserver")), f"--etcd-servers={ETCD}", "--secure-port=443",
            "--bind-address=0.0.0.0",
            f"--advertise-address={NODE_ADDRESS}", f"--tls-cert-file={folder}/server.crt",
            f"--tls-private-key-file={folder}/server.key", f"--token-auth-file={folder}/tokens.csv",
            "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
            "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}", "--service-cluster-ip-range=10.96.0.0/16",
            "--kubelet-preferred-address-types=InternalIP",
        ], logs / "seed.log")
        self._controllers = [
            processes.Managed("kube-controller-manager", [
                str(programs.path("kube-controller-manager")), *identity,
                *self._as("system:kube-controller-manager"), "--use-service-account-credentials",
                f"--cert-dir={folder}/controller-manager", f"--service-account-private-key-file={key}",
                f"--root-ca-file={self.ca}", f"--controllers={','.join(_CONTROLLERS)}",
            ], logs / "kube-controller-manager.log"),
            processes.Managed("kube-scheduler", [
                str(programs.path("kube-scheduler")), *identity, *self._as("system:kube-scheduler"),
            ], logs / "kube-scheduler.log"),
        ]
        self.programs = [self._etcd, self.api_server, *self._controllers]

    def kubeconfig(self, user: str) -> pathlib.Path:
        return self.folder / f"{user.replace(':', '-')}.kubeconfig"

    def write_kubeconfig(self, path: pathlib.Path, token: str) -> None:
        path.write_text(_KUBECONFIG.format(server=SERVER, ca=self.ca, token=token), encoding="ascii")
        path.chmod(0o600)

    def _as(self, user: str) -> list[str]:
        file = self.kubeconfig(user)
        return [f"--{kind}kubeconfig={file}" for kind in ("", "authentication-", "authorization-")]

    def start(self) -> None:
        """Returns when the API server says that it is ready."""
        self.folder.mkdir(parents=True)
        self._certificates()
        rows = []
        for user, group in _USERS.items():
            token = f"token-of-{user.replace(':', '-')}"
            rows.append(f'{token},{user},{user},"{group}"\n' if group else f"{token},{user},{user}\n")
            self.write_kubeconfig(self.kubeconfig(user), token)
        (self.folder / "tokens.csv").write_text("".join(rows), encoding="ascii")
        _addresses()
        self._etcd.start()
        self.api_server.start()
        self.await_ready()

    def await_ready(self) -> None:
        poll.until("the API server to be ready", self.ready, timeout=120, program=Program.SEED)

    def start_controllers(self) -> None:
        for program in self._controllers:
            program.start()

    def ready(self) -> bool:
        request = urllib.request.Request(f"{SERVER}/readyz", headers={"Authorization": "Bearer token-of-admin"})
        context = ssl.create_default_context(cafile=str(self.ca))
        try:
            with urllib.request.urlopen(request, timeout=5, context=context) as answer:
                return answer.read() == b"ok"
        except (urllib.error.URLError, OSError):
            return False

    def _certificates(self) -> None:
        """A CA and the server's certificate of it: everybody verifies the server, as in a real cluster."""
        f = self.folder
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        names = f"DNS:kubernetes.default.svc,IP:{SERVICE_ADDRESS},IP:{NODE_ADDRESS},IP:127.0.0.1"
        for command in (
            ["req", "-x509", *key, "-days", "30", "-subj", "/CN=real-ca", "-keyout", f"{f}/ca.key",
             "-out", f"{f}/ca.crt", "-addext", "keyUsage=critical,keyCertSign,digitalSignature"],
            ["req", "-new", *key, "-subj", "/CN=kube-apiserver", "-keyout", f"{f}/server.key",
             "-out", f"{f}/server.csr", "-addext", f"subjectAltName={names}"],
            ["x509", "-req", "-in", f"{f}/server.csr", "-CA", f"{f}/ca.crt", "-CAkey", f"{f}/ca.key",
             "-CAcreateserial", "-days", "30", "-copy_extensions", "copyall", "-out", f"{f}/server.crt"],
            ["genrsa", "-out", f"{f}/service-account.key", "2048"],
        ):
            subprocess.run(["openssl", *command], check=True, stderr=subprocess.DEVNULL)

    def close(self) -> None:
        for program in reversed(self.programs):
            program.end()


def _addresses() -> None:
    """Gives the namespace the service address and a node address of a link whose other end leads nowhere."""
    for command in (
        f"address add {SERVICE_ADDRESS}/32 dev lo",
        "link add node0 type veth peer name node1",
        f"address add {NODE_ADDRESS}/24 dev node0",
        "link set node0 up",
        "link set node1 up",
        "route add default dev node0",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")
