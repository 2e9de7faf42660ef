"""A Go toolchain new enough for Kubernetes.

Debian 12 ships Go 1.19. Newer toolchains are published as modules, and 1.19 is enough to fetch one of those.
"""

import json
import os
import re
import shutil
import subprocess

WANTED = "go1.26.8"
ENOUGH = (1, 24)  # what the go.mod of k8s.io/kubernetes v1.34 asks for


class GoError(Exception):
    """The registry or the toolchain said no; the text is theirs."""


def environment() -> dict[str, str]:
    """For every go command: the toolchain that was chosen, and go.mod files that may be completed."""
    return {**os.environ, "GO111MODULE": "on", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOWORK": "off"}


def download(go: str, module: str, cwd=None) -> dict:
    """`go mod download -json`: at least "Dir" and "GoMod" of the module in the local module cache."""
    done = subprocess.run([go, "mod", "download", "-json", module], cwd=cwd, env=environment(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    answer = json.loads(done.stdout) if done.stdout.strip() else {}
    if done.returncode != 0 or "Dir" not in answer:
        reason = answer.get("Error") or done.stderr.strip()
        raise GoError(f"the Go module registry did not give {module}: {reason}")
    return answer


def _version(go: str) -> tuple[int, int]:
    said = subprocess.run([go, "env", "GOVERSION"], env=environment(), text=True, capture_output=True, check=False)
    match = re.match(r"go(\d+)\.(\d+)", said.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def find() -> str:
    """Path of a `go` that can build Kubernetes; fetches a toolchain where the installed one is too old."""
    installed = shutil.which("go")
    if installed is None:
        raise GoError("no `go` command: install Debian's golang-go (test/setup does)")
    if _version(installed) >= ENOUGH:
        return installed
    print(f"fetching {WANTED} as a module (the installed Go is too old)", flush=True)
    fetched = download(installed, f"golang.org/toolchain@v0.0.1-{WANTED}.linux-amd64")["Dir"] + "/bin/go"
    if _version(fetched) < ENOUGH:
        raise GoError(f"{fetched} does not run")
    return fetched
