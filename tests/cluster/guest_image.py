#!/usr/bin/python3
"""What the guest boots: Debian's cloud kernel, unpacked but never installed, and an initramfs of our making.

The initramfs is two cpio archives, one after the other, as the kernel allows: the system (busybox, containerd, runc,
kernel modules), made once and kept in the cache folder, and the programs under test, made for each run.
"""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

import cache

_HERE = pathlib.Path(__file__).resolve().parent
_MODULES = ("virtio_pci", "virtio_console", "virtio_net", "overlay")
_SYSTEM = ("containerd", "containerd-shim-runc-v2", "runc", "ctr")
_KERNEL_PACKAGE = "linux-image-cloud-amd64"


class ImageError(Exception):
    """What could not be made, and the text of the command that failed."""


def _run(command: list[str], cwd: pathlib.Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise ImageError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def kernel() -> tuple[pathlib.Path, pathlib.Path]:
    """The kernel's image and its folder of modules; downloaded once, afterwards no network is asked."""
    folder = cache.root() / "guest" / "kernel"
    with cache.locked("guest-kernel"):
        if not folder.exists():
            depends = _run(["apt-cache", "depends", _KERNEL_PACKAGE])
            package = re.search(r"Depends: (linux-image-\S+)", depends)
            if not package:
                raise ImageError(f"{_KERNEL_PACKAGE} is not in the package lists: apt-get update")
            print(f"guest: unpacking {package[1]}", flush=True)
            fresh = folder.with_name("kernel.new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            _run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package[1]], cwd=fresh)
            for archive in fresh.glob("*.deb"):
                _run(["dpkg-deb", "-x", str(archive), str(fresh)])
                archive.unlink()
            fresh.rename(folder)
    return next(folder.glob("boot/vmlinuz-*")), next(folder.glob("lib/modules/*"))


def system() -> pathlib.Path:
    """The archive with everything that is not ours. Made again when a program it holds changed."""
    _, modules = kernel()
    sources = {name: _program(name) for name in _SYSTEM}
    parts = [*sources.values(), _program("busybox"), *_own()]
    key = hashlib.sha256(repr(sorted((str(p), p.stat().st_mtime_ns) for p in parts)).encode()).hexdigest()[:12]
    archive = cache.root() / "guest" / f"system-{modules.name}-{key}.cpio"
    with cache.locked("guest-system"):
        if not archive.exists():
            for old in archive.parent.glob("system-*.cpio"):
                old.unlink()
            tree = Tree(archive.with_suffix(".tree"))
            tree.add("/bin/busybox", _program("busybox"))
            for script in ("init", "commands"):
                tree.add(f"/{script}", _HERE / "guest" / script)
            for name, path in sources.items():
                tree.add_with_libraries(f"/usr/bin/{name}", path)
            tree.add_modules(modules)
            tree.pack(archive)
    return archive


def _own() -> list[pathlib.Path]:
    return [*(_HERE / "guest").iterdir(), pathlib.Path(__file__)]


def _program(name: str) -> pathlib.Path:
    found = shutil.which(name, path=f"{cache.root()}/bin:{os.environ['PATH']}")
    if not found:
        raise ImageError(f"no program {name}: tests/setup/packages.sh run vm")
    return pathlib.Path(found).resolve()


class Tree:
    """A folder that becomes a cpio archive."""

    def __init__(self, folder: pathlib.Path):
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def add(self, name: str, source: pathlib.Path) -> None:
        target = self._folder / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o755)

    def add_with_libraries(self, name: str, source: pathlib.Path) -> None:
        """A program that may be dynamic, with the libraries that the loader would take here."""
        self.add(name, source)
        listed = subprocess.run(["ldd", str(source)], text=True, capture_output=True, check=False)
        if listed.returncode != 0:
            return  # a static program
        for library in re.findall(r"(/\S+) \(0x", listed.stdout):
            self.add(library, pathlib.Path(library))

    def add_modules(self, modules: pathlib.Path) -> None:
        """The few modules that the guest loads, with those that they need, and the index that modprobe reads."""
        wanted, base = list(_MODULES), f"/lib/modules/{modules.name}"
        seen: set[str] = set()
        while wanted:
            name = wanted.pop()
            found = [p for p in modules.rglob("*.ko*") if p.name.split(".")[0].replace("-", "_") == name]
            if name in seen or not found:
                continue  # built in
            seen.add(name)
            self.add(f"{base}/{found[0].relative_to(modules)}", found[0])
            wanted += [n.replace("-", "_") for n in _run(["modinfo", "-F", "depends", str(found[0])]).strip().split(",") if n]
        for index in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
            if (modules / index).exists():
                self.add(f"{base}/{index}", modules / index)
        _run(["depmod", "--basedir", str(self._folder), modules.name])

    def pack(self, archive: pathlib.Path) -> None:
        """Writes the archive in one rename and removes the folder."""
        fresh = archive.with_suffix(".new")
        names = "\0".join(["."] + [str(p.relative_to(self._folder)) for p in sorted(self._folder.rglob("*"))])
        with fresh.open("wb") as out:
            done = subprocess.run(["cpio", "--null", "--create", "--format=newc", "--owner=0:0", "--quiet"],
                                  input=names.encode(), stdout=out, cwd=self._folder, check=False)
        if done.returncode != 0:
            raise ImageError(f"cpio could not write {fresh}")
        fresh.rename(archive)
        shutil.rmtree(self._folder)


def initramfs(target: pathlib.Path, programs: dict[str, pathlib.Path]) -> None:
    """Writes the whole initramfs: the system, then `programs` (path in the guest -> program here)."""
    own = target.with_suffix(".own.cpio")
    tree = Tree(target.with_suffix(".tree"))
    for name, source in programs.items():
        tree.add_with_libraries(name, source)
    tree.pack(own)
    with target.open("wb") as out:
        for part in (system(), own):
            with part.open("rb") as content:
                shutil.copyfileobj(content, out, 1 << 20)
            out.write(b"\0" * (-out.tell() % 512))
    own.unlink()


def main() -> int:
    """Fetches and makes what a guest boots from; afterwards no network is needed."""
    try:
        kernel()
        print(f"guest: {system()}")
    except ImageError as error:
        print(f"guest_image.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
