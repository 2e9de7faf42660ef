"""The administrator of the real cluster: writes with the real kubectl, reads with the story's own client."""

import json
import pathlib
import time

import processes
from environment import Api, ApiError
from kubeapi import KubeApi

_PATIENCE = 30.0  # the API server may be restarting
_AWAY = (
    "connection refused", "connection reset", "client connection lost", "was refused", "Unable to connect",
    "i/o timeout", "EOF", "ServiceUnavailable", "TLS handshake timeout",
    # ready again, but its handlers of custom resources follow a moment later
    "no matches for kind", "the server doesn't have a resource type", "could not find the requested resource",
)


class KubectlApi(Api):
    def __init__(self, kubectl: pathlib.Path, kubeconfig: pathlib.Path):
        self.kubeconfig = kubeconfig
        self._kubectl = kubectl
        self._reader = KubeApi(kubeconfig)

    @property
    def command(self) -> list[str]:
        return [str(self._kubectl), f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self.kubeconfig.parent}/kubectl-cache"]

    def get(self, path: str) -> dict | None:
        return self._reader.get(path)

    def apply(self, path: str, item: dict) -> dict:
        try:
            return self._run(["create", "--output=json", "--filename=-"], item)
        except ApiError as error:
            if error.code != 409:
                raise
        return self.patch(f"{path}/{item['metadata']['name']}", item)

    def patch(self, path: str, change: dict) -> dict:
        return self._run(["patch", *_target(path), "--type=merge", "--output=json", f"--patch={json.dumps(change)}"])

    def delete(self, path: str) -> None:
        self._run(["delete", *_target(path), "--ignore-not-found", "--wait=false"])

    def run(self, *words: str) -> str:
        """Any kubectl command, with the patience and the errors of the others."""
        return self._call(list(words), None)

    def _run(self, words: list[str], item: dict | None = None) -> dict:
        text = self._call(words, item)
        return json.loads(text) if text.lstrip().startswith("{") else {}

    def _call(self, words: list[str], item: dict | None) -> str:
        deadline = time.monotonic() + _PATIENCE
        while True:
            done = processes.run([*self.command, *words], standard_input=json.dumps(item) if item else "")
            if done.returncode == 0:
                return done.stdout
            reason = done.stderr.strip()
            if not any(word in reason for word in _AWAY) or time.monotonic() > deadline:
                raise ApiError(_code(reason), f"kubectl {words[0]}: {reason}")
            time.sleep(0.2)


def _target(path: str) -> list[str]:
    """"/apis/GROUP/VERSION/namespaces/NS/PLURAL/NAME" as kubectl's words."""
    parts = path.strip("/").split("/")
    group, rest = ("", parts[2:]) if parts[0] == "api" else (f".{parts[2]}.{parts[1]}", parts[3:])
    if len(rest) == 4:
        return [f"--namespace={rest[1]}", rest[2] + group, rest[3]]
    return [rest[0] + group, rest[1]]


def _code(reason: str) -> int:
    return {"AlreadyExists": 409, "Conflict": 409, "NotFound": 404, "Forbidden": 403, "Invalid": 422}.get(
        reason.partition("(")[2].partition(")")[0], 400)
