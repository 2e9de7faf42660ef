"""The cache folder that survives runs: built programs, the guest's kernel, downloaded packages.

Everything in it is keyed by version and appears under its final name in one rename, so a run that was killed half way
leaves nothing that a later one would take for complete. Removing the folder is always safe.
"""

import contextlib
import fcntl
import os
import pathlib


def root() -> pathlib.Path:
    """${CRM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cri-resmgr}, the same rule as tests/setup."""
    if "CRM_CACHE" in os.environ:
        folder = pathlib.Path(os.environ["CRM_CACHE"])
    elif "XDG_CACHE_HOME" in os.environ:
        folder = pathlib.Path(os.environ["XDG_CACHE_HOME"], "cri-resmgr")
    else:
        folder = pathlib.Path.home() / ".cache" / "cri-resmgr"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.absolute()


@contextlib.contextmanager
def locked(name: str):
    """Holds the cache's lock `name`: two runs that need the same thing make it once."""
    with open(root() / f".{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
