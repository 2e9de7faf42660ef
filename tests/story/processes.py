"""Programs of a run: started in a process group of their own with a log, watched, killed, restarted, ended by pid."""

import os
import pathlib
import signal
import subprocess
import threading
import time

_YOUNG = 2.0  # seconds in which a program may not have reached its signal handling on a busy machine


class Managed:
    """One program. Its log is appended to across restarts. Thread-safe: one thread may end what another restarts."""

    def __init__(self, name: str, command: list[str], log: pathlib.Path, environment: dict[str, str] | None = None):
        self.name = name
        self.command = command
        self.log = log
        self.environment = environment or {}
        self._process: subprocess.Popen | None = None
        self._wanted = False  # should it run now?
        self._started = 0.0
        self._ended = False  # end() was called: it must not come back
        self._lock = threading.RLock()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self._lock, self.log.open("ab") as log:
            log.write(f"--- {' '.join(self.command)}\n".encode())
            log.flush()
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
            self._wanted = True
            self._started = time.monotonic()

    def kill(self) -> None:
        """kill -9 of this one process (what it started stays, as after a crash)."""
        with self._lock:
            self._wanted = False
            if self._process:
                self._process.kill()
                self._process.wait()

    def restart(self) -> None:
        with self._lock:
            if not self._ended:
                self.start()

    def end(self, timeout: float = 10) -> str | None:
        """SIGTERM, then SIGKILL to its whole group. Says how it ended if not as asked: with exit status 0, in time."""
        with self._lock:
            running = self._wanted and self._process and self._process.poll() is None
            self._wanted = False
            self._ended = True
            if not self._process:
                return None
            if running:
                self._process.terminate()
                try:
                    self._process.wait(timeout)
                except subprocess.TimeoutExpired:
                    pass
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            code = self._process.wait()
            # One that a kill has just restarted may hear the signal before its main does.
            young = code == -signal.SIGTERM and time.monotonic() - self._started < _YOUNG
            return f"{self.name} was told to end and {_how(code)}" if running and code != 0 and not young else None

    def died(self) -> str | None:
        """How it ended, if it ended without being told to."""
        if not self._wanted or not self._process:
            return None
        code = self._process.poll()
        if code is None:
            return None
        return f"{self.name} {_how(code)}"

    def tail(self, lines: int) -> list[str]:
        return tail(self.log, lines)


def _how(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"


def tail(log: pathlib.Path, lines: int) -> list[str]:
    try:
        return log.read_text(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []


def run(
    command: list[str],
    timeout: float = 60,
    environment: dict[str, str] | None = None,
    standard_input: str = "",
) -> subprocess.CompletedProcess:
    """Runs a short command and returns its exit status and texts; never raises for a non-zero status."""
    try:
        return subprocess.run(
            command,
            input=standard_input,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as late:
        return subprocess.CompletedProcess(command, 124, late.stdout or "", f"no answer within {timeout:.0f} s")


def mentioning(text: str) -> dict[int, str]:
    """Processes whose command line holds `text`: pid -> command line. This process and its ancestors excepted."""
    found = {}
    mine = _ancestors(os.getpid())
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in mine:
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if text in line:
            found[int(entry.name)] = line
    return found


def _ancestors(pid: int) -> set[int]:
    found = set()
    while pid > 0 and pid not in found:
        found.add(pid)
        try:
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            break
        pid = int(stat.rpartition(")")[2].split()[1])
    return found


def kill_all(pids: list[int], timeout: float = 10) -> None:
    """kill -9 by pid; returns when they are gone."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    deadline = time.monotonic() + timeout
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
