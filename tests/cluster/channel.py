"""Runs shell scripts on the other end of a socket, where guest/commands serves. Thread-safe."""

import base64
import concurrent.futures
import socket
import subprocess
import threading


class GuestError(Exception):
    """The guest or its channel is gone."""


class Channel:
    """attach(), then run() and submit() from any thread, then close()."""

    def __init__(self):
        self._waiting: dict[str, concurrent.futures.Future] = {}
        self._lock = threading.Lock()
        self._next = 0
        self._connection: socket.socket | None = None

    def attach(self, connection: socket.socket, timeout: float) -> None:
        """Takes over the connection; returns when the other end takes commands."""
        self._connection = connection
        up = self._waiting["up"] = concurrent.futures.Future()
        threading.Thread(target=self._read, name="guest-channel", daemon=True).start()
        _result(up, timeout, "up")

    def run(self, script: str, timeout: float) -> subprocess.CompletedProcess:
        """The script's status, output and errors. Raises GuestError when nobody answers."""
        return _result(self.submit(script), timeout, script.strip().splitlines()[0])

    def submit(self, script: str) -> concurrent.futures.Future:
        """The future has the script's CompletedProcess when it ended."""
        with self._lock:
            self._next += 1
            name = f"c{self._next}"
            answer = self._waiting[name] = concurrent.futures.Future()
            try:
                self._connection.sendall(f"{name} {base64.b64encode(script.encode()).decode()}\n".encode())
            except (OSError, AttributeError) as error:
                del self._waiting[name]
                raise GuestError(f"the guest's channel is closed: {error}") from error
        return answer

    def close(self) -> None:
        if self._connection:
            self._connection.close()

    def _read(self) -> None:
        why = "the guest ended"
        try:
            with self._connection.makefile("rb") as lines:
                for line in lines:
                    name, status, out, err = line.decode().split(" ")
                    texts = [base64.b64decode(part.strip()[1:]).decode(errors="replace") for part in (out, err)]
                    with self._lock:
                        future = self._waiting.pop(name, None)
                    if future:
                        future.set_result(subprocess.CompletedProcess(name, int(status), *texts))
        except (OSError, ValueError) as error:
            why = f"the guest's channel broke: {error}"
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.set_exception(GuestError(why))


def _result(future: concurrent.futures.Future, timeout: float, what: str) -> subprocess.CompletedProcess:
    try:
        return future.result(timeout)
    except concurrent.futures.TimeoutError as error:
        raise GuestError(f"no answer within {timeout:.0f} s: {what}") from error
