"""A Go toolchain new enough for Kubernetes.

Debian 12 ships Go 1.19. Newer toolchains are published as modules, and 1.19 is enough to fetch one of those.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess

import cache

WANTED = "go1.26.8"
ENOUGH = (1, 24)  # what the go.mod of k8s.io/kubernetes v1.34 asks for


class GoError(Exception):
    """The registry or the toolchain said no; the text is theirs."""


def environment() -> dict[str, str]:
    """For every go command: the toolchain that was chosen, and go.mod files that may be completed."""
    kept = {k: v for k, v in os.environ.items() if k != "GOROOT"}
    return {**kept, "GO111MODULE": "on", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOWORK": "off"}


def download(go: str, module: str) -> dict:
    """`go mod download -json`: at least "Dir" and "GoMod" of the module in the local module cache."""
    extra = {}
    if (root := pathlib.Path(go).parent.parent).match("lib/go-*"):  # Debian's, unpacked but not installed
        extra["GOROOT"] = str(root)
    done = subprocess.run([go, "mod", "download", "-json", module], cwd="/", env={**environment(), **extra}, text=True,
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
    """Path of a `go` that can build Kubernetes; fetches a toolchain where the one at hand is too old."""
    unpacked = cache.root() / "debian" / "golang-1.19-go" / "usr/lib/go-1.19/bin/go"
    found = [go for go in (shutil.which("go"), str(unpacked)) if go and pathlib.Path(go).exists()]
    if not found:
        raise GoError("no `go` command, and Debian's golang-1.19-go is not unpacked (tests/setup/packages.sh real)")
    if _version(found[0]) >= ENOUGH:
        return found[0]
    print(f"Go: fetching {WANTED} as a module ({found[0]} is older)", flush=True)
    root = pathlib.Path(download(found[0], f"golang.org/toolchain@v0.0.1-{WANTED}.linux-amd64")["Dir"])
    for program in [*root.glob("bin/*"), *root.glob("pkg/tool/*/*")]:
        program.chmod(0o755)  # modules carry no permission bits
    if _version(str(root / "bin/go")) < ENOUGH:
        raise GoError(f"{root}/bin/go does not run")
    return str(root / "bin/go")
