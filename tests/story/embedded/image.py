"""A container image without a registry: one layer around the machine's static busybox, as a docker-archive."""

import hashlib
import io
import json
import pathlib
import shutil
import tarfile

BUSYBOX = "docker.io/local/busybox:1"
PAUSE = "docker.io/local/pause:1"
_APPLETS = ("sh", "sleep", "cat", "echo", "grep")


def build(archive: pathlib.Path) -> None:
    """Writes both images, which share the layer. They sleep until they are told to end."""
    busybox = shutil.which("busybox") or "/bin/busybox"
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for folder in ("bin", "dev", "etc", "proc", "sys", "tmp"):
            _add(tar, folder, tarfile.DIRTYPE, 0o755)
        _add(tar, "bin/busybox", tarfile.REGTYPE, 0o755, pathlib.Path(busybox).read_bytes())
        for applet in _APPLETS:
            _add(tar, f"bin/{applet}", tarfile.SYMTYPE, 0o777, target="busybox")
    digest = hashlib.sha256(layer.getvalue()).hexdigest()
    config = json.dumps({
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "Entrypoint": ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done"],
            "Env": ["PATH=/bin"],
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [BUSYBOX, PAUSE], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(archive, "w") as tar:
        _add(tar, "layer.tar", tarfile.REGTYPE, 0o644, layer.getvalue())
        _add(tar, config_name, tarfile.REGTYPE, 0o644, config)
        _add(tar, "manifest.json", tarfile.REGTYPE, 0o644, manifest)


def _add(tar: tarfile.TarFile, name: str, kind: bytes, mode: int, content: bytes = b"", target: str = "") -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.linkname = kind, mode, len(content), target
    tar.addfile(entry, io.BytesIO(content))
