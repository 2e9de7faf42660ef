"""A program inside the guest, with the verbs of processes.Managed."""

import concurrent.futures
import shlex
import subprocess

from channel import GuestError
from guest import Guest


class GuestProgram:
    """Its log and the file with its pid are in the guest's /var/log and /run. Thread-safe as far as Guest is."""

    def __init__(self, guest: Guest, name: str, command: list[str], environment: dict[str, str] | None = None):
        self.name = name
        self.command = command
        self._guest = guest
        self._environment = environment or {}
        self._life: concurrent.futures.Future | None = None
        self._wanted = False  # should it run now?
        self._ended = False  # end() was called: it must not come back

    def start(self) -> None:
        settings = "".join(f"export {key}={shlex.quote(value)}; " for key, value in self._environment.items())
        self._life = self._guest.submit(
            f"echo $$ > /run/{self.name}.pid; {settings}exec {shlex.join(self.command)} >> /var/log/{self.name}.log 2>&1")
        self._wanted = True

    def restart(self) -> None:
        if not self._ended:
            self.start()

    def kill(self) -> None:
        """kill -9; returns when the process is gone."""
        self._signal("KILL", 60)

    def end(self, timeout: float = 30) -> str | None:
        """SIGTERM. Says how it ended if not as asked: with exit status 0, in time."""
        self._ended = True
        running = self._wanted and self._life and not self._life.done()
        try:
            self._signal("TERM", timeout)
            code = self._life.result().returncode if running else 0
            return f"{self.name} was told to end and ended with exit status {code}" if code else None
        except concurrent.futures.TimeoutError:  # the guest's own end ends it too
            return f"{self.name} did not end within {timeout:.0f} s"
        except GuestError as error:
            return f"{self.name} was told to end: {error}"

    def _signal(self, name: str, timeout: float) -> None:
        self._wanted = False
        if self._life and not self._life.done():
            self._guest.run(f"kill -{name} $(cat /run/{self.name}.pid)")
            self._life.result(timeout)

    def died(self) -> str | None:
        """How it ended, if it ended without being told to."""
        if not self._wanted or not self._life or not self._life.done():
            return None
        try:
            ended: subprocess.CompletedProcess = self._life.result()
        except GuestError as error:
            return f"{self.name}: {error}"
        return f"{self.name} ended with exit status {ended.returncode} {ended.stderr.strip()}"

    def tail(self, lines: int) -> list[str]:
        try:
            return self._guest.run(f"tail -n {lines} /var/log/{self.name}.log", timeout=30).stdout.splitlines()
        except GuestError as error:
            return [str(error)]
