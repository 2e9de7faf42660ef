#!/usr/bin/python3
"""Builds the real programs that our claims are judged by, from their Go modules, into the cache folder.

    programs.py             builds what is missing and prints where it is
    programs.py --list      prints which programs at which versions

Built once per version: afterwards nothing is done and no network is needed. The first build takes some 15 minutes on
two CPUs and 5 GiB of Go's own build cache.
"""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

import cache
import go_toolchain


@dataclasses.dataclass(frozen=True)
class Source:
    """One Go module and the programs (name -> package) built from it."""

    module: str
    version: str
    programs: dict[str, str]
    variables: dict[str, str]  # link-time string variables
    keep: tuple[str, ...] = ()  # files of the module that a run needs, kept beside the programs
    staging: bool = False  # the module's go.mod replaces k8s.io/* by folders of its own; they are published as v0.x
    language: str = "1.22"  # of the wrapping module, where its own go.mod does not say

    @property
    def key(self) -> str:
        name = self.module.removesuffix("/server/v3").removesuffix("/v3").rsplit("/", 1)[-1]
        return f"{name}-{self.version}"


_VERSION = "k8s.io/component-base/version."  # without it clients cannot parse what /version answers
_KUBE = {_VERSION + "gitVersion": "v1.34.4", _VERSION + "gitMajor": "1", _VERSION + "gitMinor": "34"}
# 1.34 is the newest Kubernetes whose kubelet starts on cgroup v1 by default.
KUBERNETES = Source("k8s.io/kubernetes", "v1.34.4",
                    {p: f"k8s.io/kubernetes/cmd/{p}" for p in ("kube-apiserver", "kube-controller-manager",
                                                               "kube-scheduler", "kubelet", "kubectl")},
                    _KUBE, staging=True)
GARDENER = Source("github.com/gardener/gardener", "v1.99.0",
                  {"gardener-resource-manager": "github.com/gardener/gardener/cmd/gardener-resource-manager"}, {},
                  keep=("example/resource-manager/10-crd-resources.gardener.cloud_managedresources.yaml",
                        "example/seed-crds/10-crd-extensions.gardener.cloud_extensions.yaml",
                        "example/seed-crds/10-crd-extensions.gardener.cloud_clusters.yaml"))
CRI_TOOLS = Source("sigs.k8s.io/cri-tools", "v1.34.0", {"crictl": "sigs.k8s.io/cri-tools/cmd/crictl"},
                   {"sigs.k8s.io/cri-tools/pkg/version.Version": "v1.34.0"}, language="1.24.0")
# 3.19 stands on the client libraries of Kubernetes 1.34.
HELM = Source("helm.sh/helm/v3", "v3.19.5", {"helm": "helm.sh/helm/v3/cmd/helm"},
              {"helm.sh/helm/v3/internal/version.version": "v3.19.5"}, language="1.24.0")
# Debian's etcd 3.4 lacks what kube-apiserver needs to send a watcher the state first and to serve fresh lists of its cache.
ETCD = Source("go.etcd.io/etcd/server/v3", "v3.6.8", {"etcd": "go.etcd.io/etcd/server/v3"}, {}, language="1.24.0")
SOURCES = (KUBERNETES, GARDENER, CRI_TOOLS, HELM, ETCD)


def folder(source: Source) -> pathlib.Path:
    """Where the finished programs of the source lie (after ensure())."""
    return cache.root() / "programs" / source.key


def path(program: str) -> pathlib.Path:
    """Of a finished program."""
    for source in SOURCES:
        if program in source.programs:
            return folder(source) / program
    raise KeyError(program)


def missing(source: Source) -> list[str]:
    wanted = [*source.programs, *(pathlib.Path(f).name for f in source.keep)]
    return [name for name in wanted if not (folder(source) / name).is_file()]


def ensure() -> None:
    """Builds what is missing. Raises go_toolchain.GoError."""
    if not any(missing(source) for source in SOURCES):
        return
    with cache.locked("programs"):
        go = go_toolchain.find()
        for source in SOURCES:
            if missing(source):
                _build(go, source)


def _build(go: str, source: Source) -> None:
    print(f"{source.module} {source.version}: fetching its modules", flush=True)
    workspace = cache.root() / "programs" / f"{source.key}.src"
    workspace.mkdir(parents=True, exist_ok=True)
    module = go_toolchain.download(go, f"{source.module}@{source.version}")
    (workspace / "go.mod").write_text(_go_mod(source, pathlib.Path(module["GoMod"])), encoding="utf-8")
    imports = "".join(f'import _ "{package}"\n' for package in source.programs.values())
    (workspace / "tools.go").write_text("//go:build tools\n\npackage tools\n\n" + imports, encoding="utf-8")
    _go(go, ["mod", "tidy"], workspace, "tidy")
    folder(source).mkdir(parents=True, exist_ok=True)
    for name, package in source.programs.items():
        if (folder(source) / name).is_file():
            continue
        flags = " ".join(["-s", "-w", *(f"-X {k}={v}" for k, v in source.variables.items())])
        made = folder(source) / f".{name}.{os.getpid()}"
        _go(go, ["build", "-v", "-trimpath", "-o", str(made), "-ldflags", flags, package], workspace,
            f"{name} {source.version}")
        if not os.access(made, os.X_OK):
            raise go_toolchain.GoError(f"{package} of {source.key} is no program")
        made.rename(folder(source) / name)
    for file in source.keep:
        shutil.copyfile(pathlib.Path(module["Dir"], file), folder(source) / pathlib.Path(file).name)
    shutil.rmtree(workspace)


def _go_mod(source: Source, theirs: pathlib.Path) -> str:
    """A module that requires just this one, with the replacements that only a main module may make."""
    text = theirs.read_text(encoding="utf-8")
    lines = ["module cri-resmgr.test/programs", ""]
    own = re.findall(r"^(?:go|godebug) .*$", text, re.MULTILINE) if source.staging else []
    lines += own or [f"go {source.language}"]
    lines += ["", f"require {source.module} {source.version}"]
    if source.staging:
        published = "v0." + source.version.removeprefix("v1.")
        names = re.findall(r"^\s*(?:replace )?(\S+) => \./staging", text, re.MULTILINE)
        lines += [f"replace {name} => {name} {published}" for name in names]
    return "\n".join(lines) + "\n"


def _go(go: str, arguments: list[str], cwd: pathlib.Path, what: str) -> None:
    """Runs go; tells every 15 s how far it is. Go names each package that it compiles or module that it fetches."""
    began = time.monotonic()
    said: list[str] = []
    with subprocess.Popen([go, *arguments], cwd=cwd, env=go_toolchain.environment(), text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        ended = threading.Event()

        def tell() -> None:
            while not ended.wait(15):
                last = said[-1] if said else "starting"
                print(f"  {what}: {time.monotonic() - began:.0f} s, {len(said)} done, {last}", flush=True)

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        for line in process.stderr:
            said.append(line.strip())
        ended.set()
        teller.join()
    if process.returncode != 0:
        raise go_toolchain.GoError(f"go {arguments[0]} failed for {what}:\n  " + "\n  ".join(said[-15:]))
    print(f"  {what}: {time.monotonic() - began:.0f} s", flush=True)


def main() -> int:
    if sys.argv[1:] == ["--list"]:
        for source in SOURCES:
            print(f"{source.module} {source.version}: {', '.join(source.programs)}")
        return 0
    try:
        ensure()
    except go_toolchain.GoError as error:
        print(f"programs.py: {error}", file=sys.stderr)
        return 1
    for source in SOURCES:
        print(f"{source.key}: {folder(source)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
