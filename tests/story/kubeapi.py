"""The story's own small Kubernetes API client (standard library only): an administrator with a kubeconfig."""

import base64
import http.client
import json
import pathlib
import ssl
import tempfile
import time
import urllib.parse

import yaml
from environment import Api, ApiError

# How long a call goes on trying while nobody answers: the server may be restarting under the story.
_PATIENCE = 30.0


class KubeApi(Api):
    def __init__(self, kubeconfig: pathlib.Path):
        config = yaml.safe_load(kubeconfig.read_text())
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"]).get("user") or {}
        self.kubeconfig = kubeconfig
        self.server = cluster["server"].rstrip("/")
        self._url = urllib.parse.urlsplit(self.server)
        self._token = user.get("token", "")
        self._tls = _tls(cluster, user) if self._url.scheme == "https" else None

    def get(self, path: str) -> dict | None:
        code, body = self._call("GET", path)
        return None if code == 404 else _ok(code, body)

    def apply(self, path: str, item: dict) -> dict:
        code, body = self._call("POST", path, item, "application/json")
        if code == 409:
            return self.patch(f"{path}/{item['metadata']['name']}", item)
        return _ok(code, body)

    def patch(self, path: str, change: dict) -> dict:
        return _ok(*self._call("PATCH", path, change, "application/merge-patch+json"))

    def delete(self, path: str) -> None:
        code, body = self._call("DELETE", path)
        if code != 404:
            _ok(code, body)

    def answers(self) -> bool:
        """One try, no patience."""
        try:
            return self._once("GET", "/readyz", None, "")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def _call(self, method: str, path: str, item: dict | None = None, kind: str = "") -> tuple[int, dict]:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                code, body = self._once(method, path, item, kind)
                if code not in (429, 503) or time.monotonic() > deadline:
                    return code, body
            except (OSError, http.client.HTTPException) as error:
                if time.monotonic() > deadline:
                    raise ApiError(0, f"{method} {self.server}{path}: {error}") from error
            time.sleep(0.1)

    def _once(self, method: str, path: str, item: dict | None, kind: str) -> tuple[int, dict]:
        where = (self._url.hostname, self._url.port or (443 if self._tls else 80))
        connection = (
            http.client.HTTPSConnection(*where, timeout=10, context=self._tls)
            if self._tls
            else http.client.HTTPConnection(*where, timeout=10)
        )
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if kind:
            headers["Content-Type"] = kind
        try:
            connection.request(method, path, None if item is None else json.dumps(item), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        try:
            body = json.loads(text)
        except ValueError:
            body = {"message": text}
        return answer.status, body


def _ok(code: int, body: dict) -> dict:
    if not 200 <= code < 300:
        raise ApiError(code, str(body.get("message", body)))
    return body


def _named(items: list[dict], name: str) -> dict:
    return next(item for item in items if item["name"] == name)


def _tls(cluster: dict, user: dict) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if "certificate-authority-data" in cluster:
        context.load_verify_locations(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    elif "certificate-authority" in cluster:
        context.load_verify_locations(cluster["certificate-authority"])
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if "client-certificate-data" in user:
        with tempfile.NamedTemporaryFile() as pair:
            for key in ("client-certificate-data", "client-key-data"):
                pair.write(base64.b64decode(user[key]) + b"\n")
            pair.flush()
            context.load_cert_chain(pair.name)
    return context
