"""What the suite speaks with a server: plain HTTP calls and watches, answers as they come (standard library only)."""

import dataclasses
import http.client
import json
import pathlib
import socket
import ssl
import time
import urllib.parse
from collections.abc import Iterator

import yaml

JSON = "application/json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
_TIMEOUT = 30.0


@dataclasses.dataclass
class Answer:
    code: int
    headers: http.client.HTTPMessage
    body: dict | str  # parsed where it is JSON

    @property
    def warnings(self) -> list[str]:
        """The texts of `Warning: 299 - "TEXT"` headers."""
        return [one.partition('"')[2].rpartition('"')[0].replace('\\"', '"')
                for one in self.headers.get_all("Warning", [])]

    @property
    def version(self) -> str:
        return self.body["metadata"]["resourceVersion"]

    def __str__(self) -> str:
        return f"{self.code} {json.dumps(self.body, indent=1) if isinstance(self.body, dict) else self.body}"


class Watch:
    """An open watch; iterate over its events, close() it. Ends when the server ends it; TimeoutError when silent."""

    def __init__(self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse):
        self._connection = connection
        self._answer = answer

    def __iter__(self) -> Iterator[dict]:
        while line := self._answer.readline():
            yield json.loads(line)

    def next(self) -> dict:
        event = next(iter(self), None)
        if event is None:
            raise EOFError("the server ended the watch")
        return event

    def objects(self, count: int) -> list[tuple[str, str]]:
        """The next `count` events as (type, name), bookmarks left out."""
        found = []
        while len(found) < count:
            event = self.next()
            if event["type"] != "BOOKMARK":
                found.append((event["type"], event["object"].get("metadata", {}).get("name", "")))
        return found

    def close(self) -> None:
        self._connection.close()
        self._answer.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Client:
    """Calls of one user. Errors of the API are answers, not exceptions; no connection is OSError."""

    def __init__(self, kubeconfig: pathlib.Path):
        config = yaml.safe_load(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        user = config["users"][0].get("user") or {}
        self.kubeconfig = kubeconfig
        self.server = urllib.parse.urlsplit(cluster["server"])
        self.token = user.get("token", "")
        self._tls = None
        if self.server.scheme == "https":
            self._tls = ssl.create_default_context(cafile=cluster.get("certificate-authority"))

    def with_token(self, token: str) -> "Client":
        other = Client(self.kubeconfig)
        other.token = token
        return other

    def call(self, method: str, path: str, body: object = None, kind: str = JSON, accept: str = JSON,
             headers: dict[str, str] | None = None, **query: object) -> Answer:
        """`body`: a dictionary or list is sent as JSON, a string as it is. `query`: None values are left out."""
        connection, answer = self._send(method, path, body, kind, accept, headers or {}, query)
        try:
            text = answer.read()
        finally:
            connection.close()
        if "json" in answer.headers.get("Content-Type", ""):
            return Answer(answer.status, answer.headers, json.loads(text) if text else {})
        return Answer(answer.status, answer.headers, text.decode(errors="replace"))

    def get(self, path: str, **more) -> Answer:
        return self.call("GET", path, **more)

    def post(self, path: str, body: object, **more) -> Answer:
        return self.call("POST", path, body, **more)

    def put(self, path: str, body: object, **more) -> Answer:
        return self.call("PUT", path, body, **more)

    def patch(self, path: str, body: object, kind: str = MERGE, **more) -> Answer:
        return self.call("PATCH", path, body, kind, **more)

    def apply(self, path: str, body: dict, manager: str = "suite", **more) -> Answer:
        return self.call("PATCH", path, body, APPLY, fieldManager=manager, **more)

    def delete(self, path: str, body: object = None, **more) -> Answer:
        return self.call("DELETE", path, body, **more)

    def watch(self, path: str, timeout: float = _TIMEOUT, accept: str = JSON, **query: object) -> Watch | Answer:
        """The open watch, or the answer of a server that refuses it."""
        connection, answer = self._send("GET", path, None, JSON, accept, {}, {"watch": "true", **query}, timeout)
        if answer.status == 200:
            return Watch(connection, answer)
        text = answer.read()
        connection.close()
        return Answer(answer.status, answer.headers, json.loads(text))

    def _send(self, method: str, path: str, body: object, kind: str, accept: str, headers: dict[str, str],
              query: dict[str, object], timeout: float = _TIMEOUT):
        where = (self.server.hostname, self.server.port or (443 if self._tls else 80))
        connection = (http.client.HTTPSConnection(*where, timeout=timeout, context=self._tls) if self._tls
                      else http.client.HTTPConnection(*where, timeout=timeout))
        sent = {"Accept": accept, "User-Agent": "conformance/v1", **headers}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["Content-Type"] = kind
        asked = urllib.parse.urlencode({k: v for k, v in query.items() if v is not None}, doseq=True)
        text = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        try:
            connection.request(method, f"{path}?{asked}" if asked else path, text, sent)
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection, connection.getresponse()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise


def until(what: str, look, holds=bool, timeout: float = 30):
    """Looks again and again; AssertionError with the last sight when the time is over."""
    deadline = time.monotonic() + timeout
    while not holds(seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: still {seen} after {timeout:.0f} s")
        time.sleep(0.05)
    return seen
