"""A container image without a registry: a docker-archive of one layer that holds the given files."""

import hashlib
import io
import json
import pathlib
import tarfile


def build(archive: pathlib.Path, reference: str, files: dict[str, pathlib.Path], entrypoint: list[str]) -> None:
    """Writes `archive` with one image named `reference`: `files` (path in the image -> file here), executable."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for folder in sorted({str(parent) for name in files for parent in pathlib.PurePath(name).parents} - {".", "/"}):
            entry = tarfile.TarInfo(folder.lstrip("/"))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        for name, source in files.items():
            _add(tar, name.lstrip("/"), source.read_bytes(), 0o755)
    content = layer.getvalue()
    config = json.dumps({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": entrypoint},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(content).hexdigest()]},
    }).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [reference], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(archive, "w") as tar:
        _add(tar, config_name, config, 0o644)
        _add(tar, "manifest.json", manifest, 0o644)
        _add(tar, "layer.tar", content, 0o644)


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.size = mode, len(content)
    tar.addfile(entry, io.BytesIO(content))
