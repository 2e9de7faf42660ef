"""A virtual machine of 16 CPUs in 4 NUMA nodes, by emulation: nothing but QEMU is needed, no /dev/kvm.

Commands run inside through a virtio-serial port whose other end is a unix socket of ours (channel.py).
The guest reaches the host's 127.0.0.1 at 10.0.2.2 and nothing else.
"""

import concurrent.futures
import pathlib
import socket
import subprocess

import channel
import processes
from channel import GuestError

HOST = "10.0.2.2"  # the host's loopback as seen from inside
_NODES = 4
_CPUS_PER_NODE = 4
_MEMORY_PER_NODE = "1280M"


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
        self._channel = channel.Channel()

    def boot(self, timeout: float = 300) -> None:
        """Returns when the guest takes commands."""
        self.console.parent.mkdir(parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self._path))
            listener.listen(1)
            listener.settimeout(30)
            self.program.start()
            try:
                connection, _ = listener.accept()
            except TimeoutError as error:
                raise GuestError(f"QEMU did not start: {' '.join(self.program.tail(3))}") from error
        self._channel.attach(connection, timeout)

    def run(self, script: str, timeout: float = 120) -> subprocess.CompletedProcess:
        """Runs a shell script inside; its status, output and errors. Raises GuestError when nobody answers."""
        return self._channel.run(script, timeout)

    def submit(self, script: str) -> concurrent.futures.Future:
        """Starts a shell script inside; the future has its CompletedProcess when it ended."""
        return self._channel.submit(script)

    def close(self) -> None:
        self.program.kill()
        self._channel.close()
