"""Runs a whole program, its children included, in namespaces of its own, so that nothing of it can be left behind.

`enter()` starts the program anew as a child of a small init that is process 1 of new PID, mount and (if asked for)
network namespaces. Whatever the program does and however it ends, kill -9 included, the kernel then ends every process,
mount and interface that was made inside. The starting process waits outside, passes signals on, hands back the exit
status and removes what the kernel does not: the run's control groups.

Inside, /run, /var/log and /var/lib are empty folders of the run. Fixed paths such as /var/run/cri-resmgr,
/var/lib/kubelet or /run/containerd are therefore the run's own, and runs side by side do not meet.
"""

import ctypes
import os
import signal
import subprocess
import sys

import control_groups

_MARK = "CRM_ISOLATED"  # "<pid of the init as the host counts>:<name of the run's control groups>"
_CLONE_NEWNS, _CLONE_NEWPID, _CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 0x1000, 0x4000, 0x40000, 2, 4, 8
_PR_SET_PDEATHSIG = 1
_PRIVATE_PATHS = ("/run", "/var/log", "/var/lib")
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def _mount(source: str, target: str, kind: str | None, flags: int) -> None:
    _check(_libc.mount(source.encode(), target.encode(), kind.encode() if kind else None, flags, None),
           f"mount {source} on {target}")


def inside() -> bool:
    return _MARK in os.environ


def host_pid() -> int:
    """Of the init, as the host counts: `nsenter -a -t PID` enters."""
    return int(os.environ[_MARK].split(":")[0])


def control_group() -> str:
    """Name of the control groups that are removed when the run ended; control_groups.create() makes them."""
    return os.environ[_MARK].split(":")[1]


def enter(network: bool) -> None:
    """Returns inside the namespaces; outside it never returns (the process ends with the inner one's status).

    Call it first of all, before threads, files or children exist: inside, the program starts from its beginning.
    `network`: a network namespace of its own as well, with nothing but its loopback interface up.
    """
    if inside():
        if network:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    sys.stdout.flush()
    control_groups.sweep()
    name = control_groups.name(os.getpid())
    _check(_libc.unshare(_CLONE_NEWPID), "unshare(CLONE_NEWPID)")
    init = os.fork()
    if init == 0:
        os._exit(_init(network, name))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _frame: os.kill(init, n))
    _, status = os.waitpid(init, 0)
    left = control_groups.remove(name)
    for path in left:
        print(f"left behind: control group {path}", file=sys.stderr)
    code = os.waitstatus_to_exitcode(status)
    sys.exit((128 - code if code < 0 else code) or (1 if left else 0))


def _init(network: bool, group: str) -> int:
    """Process 1: prepares the namespaces, starts the program again, reaps orphans, ends with the program's status."""
    try:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setpgid(0, 0)  # the terminal's Ctrl-C goes to the waiting process only, which passes it on once
        seen_as = os.readlink("/proc/self")  # /proc still tells the host's count
        _check(_libc.unshare(_CLONE_NEWNS | (_CLONE_NEWNET if network else 0)), "unshare")
        _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
        _mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
        for path in _PRIVATE_PATHS:
            _mount("tmpfs", path, "tmpfs", _MS_NOSUID | _MS_NODEV)
        os.environ[_MARK] = f"{seen_as}:{group}"
        program = subprocess.Popen([sys.executable, *sys.orig_argv[1:]])
    except OSError as error:
        print(f"isolation: {error}", file=sys.stderr)
        return 1
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _frame: os.kill(program.pid, n))
    while True:
        pid, status = os.wait()
        if pid == program.pid:
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else code
