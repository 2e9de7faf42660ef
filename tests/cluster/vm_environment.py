"""The story with the node half inside a virtual machine: a real kernel with 16 CPUs in 4 NUMA nodes.

The API servers, the resource manager and the extension run here as in `embedded`; containerd, cri-resmgr and the agent
run in the guest. The agent reaches the shoot's API server through QEMU's user networking, so the whole path is real. All
facts about the node are read from the guest's kernel.
"""

import base64
import pathlib
import re
import shlex
import subprocess

import cgroups
import guest_image
import poll
import processes
from embedded import image
from embedded.control_plane import ControlPlane
from embedded.environment import EmbeddedEnvironment, parse_decisions, parse_policy
from embedded.podctl import Podctl
from environment import Container, Decision, Machine, Placement, Program, StepFailed
from channel import GuestError
from guest import HOST, Guest
from guest_program import GuestProgram

_BINARIES = pathlib.Path("/usr/bin")  # in the guest
_STATE = pathlib.Path("/var/lib/cri-resmgr")
_SOCKETS = pathlib.Path("/run/cri-resmgr")
_CONTAINERD = pathlib.Path("/run/containerd.sock")
_OWN = ("cri-resmgr", "crmctl", "podctl", "cri-resmgr-agent", "cri-resmgr-agent-probe")
_CONTAINERD_CONFIG = f"""\
version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt",
  "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "{_CONTAINERD}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{image.PAUSE}"
  disable_apparmor = true
"""
# Every fact on one line: name, value.
_READ_MACHINE = """cd /sys/devices/system
echo cpus $(cat cpu/online); echo mems $(cat node/online)
for node in node/node[0-9]*; do echo ${node#node/node} $(cat $node/cpulist); done"""


class VmEnvironment(EmbeddedEnvironment):
    name = "vm"

    def __init__(self, folder: pathlib.Path, binaries: pathlib.Path):
        self.folder = folder
        self._binaries = binaries
        self._programs: dict[Program, processes.Managed | GuestProgram] = {}
        self._unclean: list[str] = []
        self._control_plane = ControlPlane(folder, binaries, self._programs)
        self._guest: Guest | None = None
        self._pods = Podctl(_BINARIES / "podctl", _SOCKETS / "cri-resmgr.sock", "crm", image.BUSYBOX, self._in_guest)

    # Starting.

    def start_runtime(self) -> str:
        """Boots the guest, then starts containerd in it."""
        kernel, _ = guest_image.kernel()
        archive = self.folder / "image.tar"
        image.build(archive)
        initramfs = self.folder / "initramfs"
        guest_image.initramfs(initramfs, {
            "/image.tar": archive, **{str(_BINARIES / name): self._binaries / name for name in _OWN}})
        self._guest = Guest(self.folder, self.folder / "logs", kernel, initramfs)
        try:
            self._guest.boot()
        except GuestError as error:
            raise StepFailed("the guest to boot", str(error), Program.RUNTIME) from error
        self._write("/etc/containerd/config.toml", _CONTAINERD_CONFIG)
        self._start_in_guest(Program.RUNTIME, ["containerd", "--config", "/etc/containerd/config.toml"])
        answer = poll.until("containerd in the guest to answer", lambda: self._ctr("version"),
                            lambda ran: ran.returncode == 0, timeout=120, program=Program.RUNTIME,
                            show=lambda ran: ran.stderr.strip())
        imported = self._ctr("images", "import", "/image.tar")
        if imported.returncode != 0:
            raise StepFailed("the image to be imported", imported.stderr.strip(), Program.RUNTIME)
        version = answer.stdout.split("Server:")[-1].split("Version:")[1].split()[0]
        return f"Linux {self._guest.run('uname -r').stdout.strip()} with containerd {version} in QEMU"

    def start_daemon(self) -> str:
        self._guest.run(f"mkdir -p {_SOCKETS} {_STATE}")
        relay = _SOCKETS / "cri-resmgr.sock"
        self._start_in_guest(Program.DAEMON, ["cri-resmgr", "--runtime-socket", str(_CONTAINERD)])
        poll.until("cri-resmgr's relay socket", lambda: self._guest.run(f"test -S {relay}").returncode == 0,
                   timeout=60, program=Program.DAEMON)
        return f"relay {relay} in the guest"

    def start_agent(self) -> str:
        """In the place of the DaemonSet's pod; the shoot's address is what the guest sees of this host."""
        text = self.shoot.kubeconfig.read_text()
        address = re.search(r"server: \"?https?://([^:/\"\s]+)", text)[1]
        if "https://" in text:  # the certificate names the host's own address
            text = re.sub(r"(\n\s*)(server: )", rf"\1tls-server-name: {address}\1\2", text)
        self._write("/etc/agent.kubeconfig", text.replace(f"//{address}:", f"//{HOST}:"))
        self._start_in_guest(Program.AGENT, ["cri-resmgr-agent", "-kubeconfig", "/etc/agent.kubeconfig",
                                             "-push-delay", "200ms"], {"NODE_NAME": self.node_name})
        return f"agent in the guest, the shoot at {HOST}"

    # Facts, all of them from inside the guest.

    def machine(self) -> Machine:
        facts = dict(line.split(" ", 1) for line in self._guest.run(_READ_MACHINE).stdout.splitlines())
        cpus, mems = cgroups.parse_set(facts.pop("cpus")), cgroups.parse_set(facts.pop("mems"))
        return Machine(cpus, mems, {cpu: int(node) for node, text in facts.items() for cpu in cgroups.parse_set(text)})

    def cri_version(self, through_proxy: bool) -> dict[str, str]:
        return self._pods.version(_SOCKETS / "cri-resmgr.sock" if through_proxy else _CONTAINERD)

    def decisions(self) -> dict[str, Decision]:
        asked = self._in_guest([str(_BINARIES / "crmctl"), "containers", "-o", "json"])
        return parse_decisions(asked.stdout) if asked.returncode == 0 else {}

    def active_policy(self) -> str:
        return parse_policy(self._guest.run(f"cat {_STATE}/cache").stdout)

    def config_status(self) -> tuple[bool, str]:
        asked = self._in_guest([str(_BINARIES / "cri-resmgr-agent-probe"), "-query", "config-status"])
        return asked.returncode == 0, (asked.stderr or asked.stdout).strip()

    def kernel(self, container: Container) -> Placement | None:
        """A version 2 file that is empty means "as the parent": then the effective set counts."""
        read = self._guest.run(f"""group=$(find /sys/fs/cgroup -type d -name {shlex.quote(container.id)})
[ -n "$group" ] && [ -n "$(cat "$group/cgroup.procs")" ] || exit 1
for kind in cpus mems; do
  set=$(cat "$group/cpuset.$kind"); echo "=${{set:-$(cat "$group/cpuset.$kind.effective")}}"
done""")
        if read.returncode != 0:
            return None
        cpus, mems = (cgroups.parse_set(line[1:]) for line in read.stdout.splitlines())
        return Placement(cpus, mems)

    # Watching.

    def died(self) -> str | None:
        return super().died() or (self._guest.program.died() if self._guest else None)

    def log_tail(self, program: Program, lines: int = 20) -> list[str]:
        if program is Program.RUNTIME and Program.RUNTIME not in self._programs and self._guest:
            return processes.tail(self._guest.console, lines)
        return super().log_tail(program, lines)

    def hints(self) -> list[str]:
        return [
            f"kubectl --kubeconfig {self.seed.kubeconfig} get extensions,managedresources -A",
            f"kubectl --kubeconfig {self.shoot.kubeconfig} -n kube-system get configmaps",
            f"{pathlib.Path(__file__).resolve().parent}/guest_shell.py {self._guest.shell}    (a shell in the guest: "
            "crmctl containers, cat /sys/devices/system/node/node*/cpulist, ...)",
        ]

    # Ending.

    def close(self) -> None:
        """Our programs in the guest are told to end, then the guest ends with all that is left in it."""
        for which in (Program.AGENT, Program.DAEMON):
            self._end(which)
        self._fetch_logs()
        if self._guest:
            self._guest.close()
        for which in (Program.EXTENSION, Program.RESOURCE_MANAGER, Program.SHOOT, Program.SEED):
            self._end(which)

    def leftovers(self) -> list[str]:
        return self._unclean + [f"process {pid}: {line}"
                                for pid, line in processes.mentioning(str(self.folder)).items()]

    def _fetch_logs(self) -> None:
        for which, program in self._programs.items():
            if isinstance(program, GuestProgram):
                (self.folder / "logs" / f"{which.value}.log").write_text("\n".join(program.tail(2000)) + "\n")

    def _start_in_guest(self, which: Program, command: list[str], variables: dict[str, str] | None = None) -> None:
        program = GuestProgram(self._guest, which.value, [str(_BINARIES / command[0]), *command[1:]], variables)
        self._programs[which] = program
        program.start()

    def _in_guest(self, command: list[str], timeout: float = 60) -> subprocess.CompletedProcess:
        """As processes.run, in the guest."""
        try:
            return self._guest.run(shlex.join(command), timeout)
        except GuestError as error:
            return subprocess.CompletedProcess(command, 124, "", str(error))

    def _ctr(self, *words: str) -> subprocess.CompletedProcess:
        return self._in_guest(["ctr", "--address", str(_CONTAINERD), "--namespace", "k8s.io", *words])

    def _write(self, path: str, text: str) -> None:
        content = base64.b64encode(text.encode()).decode()
        self._guest.run(f"mkdir -p $(dirname {path}) && echo {content} | base64 -d > {path} && chmod 600 {path}")
