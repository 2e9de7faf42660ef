#!/usr/bin/python3
"""clang-tidy over every C++ file that ships (tests excepted), remembering what was found in order.

    tidy.py BUILD_FOLDER [FILE...]      FILE: only these

One file takes 10 to 15 s of a CPU, mostly for gRPC's and the standard library's headers. A file is looked at again only
when it, a header it includes, its compile command or .clang-tidy changed: the hash of those is kept in the cache folder
(${CRM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cri-resmgr}/tidy). The folder must be built: the list of headers is ninja's.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests/cluster")]

import cache  # noqa: E402

_TIDY = "clang-tidy-14"
# The compile commands are GCC's: warnings that clang 14 does not know or judges otherwise are the compiler's business.
_FLAGS = ["--quiet", "--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-error"]


def main() -> int:
    build = pathlib.Path(sys.argv[1]).resolve()
    only = {str(pathlib.Path(name).resolve()) for name in sys.argv[2:]}
    commands = [
        entry
        for entry in json.loads((build / "compile_commands.json").read_text())
        if ours(entry["file"]) and (not only or entry["file"] in only)
    ]
    known = cache.root() / "tidy"
    known.mkdir(exist_ok=True)
    deps = headers(build)
    version = subprocess.run([_TIDY, "--version"], capture_output=True, text=True, check=True).stdout
    fixed = version + (TOP / ".clang-tidy").read_text() + " ".join(_FLAGS)
    fresh = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        waiting = {}
        for entry in commands:
            output = re.search(r" -o (\S+)", entry["command"])
            key = fingerprint(entry, deps.get(output[1], []) if output else [], fixed)
            if not (known / key).exists():
                waiting[workers.submit(look, build, entry["file"])] = key
        fresh = len(waiting)
        for done in concurrent.futures.as_completed(waiting):
            code, text = done.result()
            if code:
                failed += 1
                print(text, flush=True)
            else:
                (known / waiting[done]).touch()
    print(f"{len(commands)} files, {fresh} looked at, {failed} with findings")
    return 1 if failed or not commands else 0


def ours(file: str) -> bool:
    path = pathlib.Path(file)
    inside = any(path.is_relative_to(TOP / folder) for folder in ("src", "apps", "test", "bench"))
    return inside and path.suffix == ".cc" and not path.name.endswith("_test.cc")


def headers(build: pathlib.Path) -> dict[str, list[str]]:
    """Object file -> the files it was compiled from, as ninja noted them at the last build."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    listed = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        if line.startswith("    "):
            current.append(str((build / line.strip()).resolve()))
        elif ": #deps" in line:
            current = found.setdefault(line.partition(":")[0], [])
    return found


def fingerprint(entry: dict, sources: list[str], fixed: str) -> str:
    command = entry["command"].replace(str(TOP), "")  # the same in every clone
    digest = hashlib.sha256(f"{fixed}\0{command}\0".encode())
    for source in sorted({entry["file"], *sources}):
        path = pathlib.Path(source)
        if path.is_relative_to(TOP):
            digest.update(path.read_bytes() if path.exists() else b"")
        else:
            stat = path.stat() if path.exists() else None
            digest.update(f"{source} {stat and stat.st_size}\n".encode())
    return digest.hexdigest()


def look(build: pathlib.Path, file: str) -> tuple[int, str]:
    ran = subprocess.run([_TIDY, "-p", str(build), *_FLAGS, file], capture_output=True, text=True)
    return ran.returncode, ran.stdout


if __name__ == "__main__":
    sys.exit(main())
