"""Control groups of a run: one subtree named after the run's process in every hierarchy, cgroup v1 and v2 alike."""

import contextlib
import os
import pathlib
import re
import time

_MOUNT = pathlib.Path("/sys/fs/cgroup")
_PREFIX = "crm-run-"


def name(pid: int) -> str:
    return f"{_PREFIX}{pid}"


def hierarchies() -> list[pathlib.Path]:
    """The roots: one on cgroup v2, one per controller (links skipped) on v1."""
    if (_MOUNT / "cgroup.controllers").exists():
        return [_MOUNT]
    return sorted(p for p in _MOUNT.iterdir() if p.is_dir() and not p.is_symlink())


def create(group: str) -> None:
    """Makes the subtree everywhere; on v1 a cpuset group holds no process before CPUs and nodes are written."""
    for root in hierarchies():
        made = root / group
        made.mkdir(exist_ok=True)
        for file in ("cpuset.cpus", "cpuset.mems"):
            if (root / file).exists() and (made / file).exists():
                (made / file).write_text((root / file).read_text(encoding="ascii"), encoding="ascii")


def left(group: str) -> list[str]:
    return [str(root / group) for root in hierarchies() if (root / group).exists()]


def remove(group: str) -> list[str]:
    """Removes the subtree; returns what could not be removed. Its processes must be gone (waits for them a little)."""
    for _ in range(50):
        for path in map(pathlib.Path, left(group)):
            for folder, _, _ in os.walk(path, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(folder)
        if not left(group):
            return []
        time.sleep(0.1)
    return left(group)


def sweep() -> None:
    """Removes subtrees of runs whose process does not exist any more (they were ended by kill -9)."""
    for root in hierarchies():
        for path in root.glob(f"{_PREFIX}*"):
            match = re.fullmatch(_PREFIX + r"(\d+)", path.name)
            if match and not pathlib.Path("/proc", match[1]).exists():
                remove(path.name)
