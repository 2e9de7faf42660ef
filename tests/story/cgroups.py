"""The kernel's cgroups, version 1 and 2: which cgroup a process is in, its cpuset, and removing a tree of them."""

import pathlib

from environment import Placement

ROOT = pathlib.Path("/sys/fs/cgroup")


def parse_set(text: str) -> frozenset[int]:
    """The kernel's list format: "0-3,8"."""
    numbers: set[int] = set()
    for part in text.strip().split(","):
        if part:
            first, _, last = part.partition("-")
            numbers.update(range(int(first), int(last or first) + 1))
    return frozenset(numbers)


def show_set(numbers: frozenset[int]) -> str:
    """The inverse of parse_set; "none" for the empty set."""
    parts, ordered, at = [], sorted(numbers), 0
    while at < len(ordered):
        end = at
        while end + 1 < len(ordered) and ordered[end + 1] == ordered[end] + 1:
            end += 1
        parts.append(str(ordered[at]) if end == at else f"{ordered[at]}-{ordered[end]}")
        at = end + 1
    return ",".join(parts) or "none"


def is_v2(root: pathlib.Path = ROOT) -> bool:
    return (root / "cgroup.controllers").exists()


def cpuset_folder(proc_cgroup: str, root: pathlib.Path = ROOT) -> pathlib.Path:
    """From the text of /proc/PID/cgroup to the folder with that process's cpuset files."""
    for line in proc_cgroup.splitlines():
        number, controllers, path = line.split(":", 2)
        if is_v2(root) and number == "0":
            return root / path.lstrip("/")
        if "cpuset" in controllers.split(","):
            return root / "cpuset" / path.lstrip("/")
    raise ValueError(f"no cpuset cgroup in {proc_cgroup!r}")


def read_cpuset(folder: pathlib.Path) -> Placement:
    """The sets as written for this cgroup; on version 2 an empty file means "as the parent", hence the effective sets."""

    def one(kind: str) -> frozenset[int]:
        numbers = parse_set((folder / f"cpuset.{kind}").read_text())
        if not numbers and (folder / f"cpuset.{kind}.effective").exists():
            numbers = parse_set((folder / f"cpuset.{kind}.effective").read_text())
        return numbers

    return Placement(cpus=one("cpus"), mems=one("mems"))


def of_process(pid: int) -> Placement:
    """Raises OSError when the process is gone."""
    return read_cpuset(cpuset_folder(pathlib.Path(f"/proc/{pid}/cgroup").read_text()))


def trees(name: str) -> list[pathlib.Path]:
    """Every cgroup called `name` at the top of a hierarchy."""
    roots = [ROOT] if is_v2() else [folder for folder in ROOT.iterdir() if folder.is_dir() and not folder.is_symlink()]
    return [root / name for root in roots if (root / name).is_dir()]


def processes_below(tree: pathlib.Path) -> list[int]:
    pids = []
    for procs in [tree / "cgroup.procs", *tree.rglob("cgroup.procs")]:
        try:
            pids += [int(word) for word in procs.read_text().split()]
        except OSError:
            pass
    return sorted(set(pids))


def remove(tree: pathlib.Path) -> None:
    """rmdir, children first; what is busy stays and is found by trees()."""
    for folder in sorted((path for path in tree.rglob("*") if path.is_dir()), key=lambda path: -len(path.parts)):
        _rmdir(folder)
    _rmdir(tree)


def _rmdir(folder: pathlib.Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        pass
