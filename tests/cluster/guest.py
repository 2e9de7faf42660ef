"""A virtual machine of 16 CPUs in 4 NUMA nodes, by emulation: nothing but QEMU is needed, no /dev/kvm.

Commands run inside through a virtio-serial port whose other end is a unix socket of ours (guest/init has the protocol).
The guest reaches the host's 127.0.0.1 at 10.0.2.2 and nothing else.
"""

import base64
import concurrent.futures
import pathlib
import socket
import subprocess
import threading

import processes

HOST = "10.0.2.2"  # the host's loopback as seen from inside
_NODES = 4
_CPUS_PER_NODE = 4
_MEMORY_PER_NODE = "1280M"


class GuestError(Exception):
    """The guest or its channel is gone."""


def _topology() -> list[str]:
    """2 sockets x 4 cores x 2 threads; a socket has two nodes, which are nearer to each other than to the other two."""
    words = ["-smp", "16,sockets=2,cores=4,threads=2", "-m", f"{_NODES * int(_MEMORY_PER_NODE[:-1])}M"]
    for node in range(_NODES):
        first = node * _CPUS_PER_NODE
        words += ["-object", f"memory-backend-ram,id=m{node},size={_MEMORY_PER_NODE}",
                  "-numa", f"node,nodeid={node},cpus={first}-{first + _CPUS_PER_NODE - 1},memdev=m{node}"]
    for source in range(_NODES):
        for target in range(_NODES):
            distance = 10 if source == target else 12 if source // 2 == target // 2 else 21
            words += ["-numa", f"dist,src={source},dst={target},val={distance}"]
    return words


class Guest:
    """boot(), then run() from any thread, then close()."""

    def __init__(self, folder: pathlib.Path, logs: pathlib.Path, kernel: pathlib.Path, initramfs: pathlib.Path):
        self._path = folder / "channel.sock"
        self.console = logs / "guest-console.log"
        self.shell = folder / "shell.sock"  # a person's way in: guest_shell.py
        self.program = processes.Managed("qemu", [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max,vendor=GenuineIntel", *_topology(),
            "-kernel", str(kernel), "-initrd", str(initramfs),
            "-append", "console=ttyS0 quiet panic=-1 mitigations=off",
            "-chardev", f"file,id=console,path={self.console}", "-serial", "chardev:console",
            "-chardev", f"socket,id=shell,path={self.shell},server=on,wait=off", "-serial", "chardev:shell",
            "-device", "virtio-serial-pci", "-chardev", f"socket,id=channel,path={self._path}",
            "-device", "virtserialport,chardev=channel,name=channel",
            "-netdev", "user,id=net,restrict=off", "-device", "virtio-net-pci,netdev=net",
        ], logs / "qemu.log")
        self._waiting: dict[str, concurrent.futures.Future] = {}
        self._lock = threading.Lock()
        self._next = 0
        self._connection: socket.socket | None = None

    def boot(self, timeout: float = 300) -> None:
        """Returns when the guest takes commands."""
        up = self._waiting["up"] = concurrent.futures.Future()
        self.console.parent.mkdir(parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self._path))
            listener.listen(1)
            listener.settimeout(30)
            self.program.start()
            try:
                self._connection, _ = listener.accept()
            except TimeoutError as error:
                raise GuestError(f"QEMU did not start: {' '.join(self.program.tail(3))}") from error
        threading.Thread(target=self._read, name="guest-channel", daemon=True).start()
        self._result(up, timeout, "boot")

    def run(self, script: str, timeout: float = 120) -> subprocess.CompletedProcess:
        """Runs a shell script inside; its status, output and errors. Raises GuestError when nobody answers."""
        return self._result(self.submit(script), timeout, script.strip().splitlines()[0])

    def submit(self, script: str) -> concurrent.futures.Future:
        """Starts a shell script inside; the future has its CompletedProcess when it ended."""
        with self._lock:
            self._next += 1
            name = f"c{self._next}"
            answer = self._waiting[name] = concurrent.futures.Future()
            line = f"{name} {base64.b64encode(script.encode()).decode()}\n"
            try:
                self._connection.sendall(line.encode())
            except (OSError, AttributeError) as error:
                raise GuestError(f"the guest's channel is closed: {error}") from error
        return answer

    def _result(self, future: concurrent.futures.Future, timeout: float, what: str) -> subprocess.CompletedProcess:
        try:
            return future.result(timeout)
        except concurrent.futures.TimeoutError as error:
            raise GuestError(f"no answer within {timeout:.0f} s: {what}") from error

    def _read(self) -> None:
        with self._connection.makefile("rb") as lines:
            for line in lines:
                name, status, out, err = line.decode().split(" ")
                text = [base64.b64decode(part.strip()[1:]).decode(errors="replace") for part in (out, err)]
                with self._lock:
                    future = self._waiting.pop(name, None)
                if future:
                    future.set_result(subprocess.CompletedProcess(name, int(status), *text))
        with self._lock:
            for future in self._waiting.values():
                future.set_exception(GuestError("the guest ended"))
            self._waiting.clear()

    def close(self) -> None:
        self.program.kill()
        if self._connection:
            self._connection.close()
