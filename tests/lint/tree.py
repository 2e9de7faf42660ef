#!/usr/bin/python3
"""What holds for every file of the repository, whatever its language.

    tree.py             checks the files git knows or would add
"""

import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
_LINES = 400
_CODE = {".cc", ".h", ".c", ".py", ".sh", ".proto"}
_HOMES = re.compile(r"/home/[a-z]\w*/|/Users/\w+/")
# A path that exists here, below a top-level folder that Debian does not have: of the machine somebody worked on.
_DEBIAN = set("bin boot dev etc home lib lib32 lib64 libx32 lost+found media mnt opt proc root run sbin srv sys tmp usr "
              "var".split())
_ABSOLUTE = re.compile(r"(?<![\w.})\]-])/([\w.-]+)/([\w.-]+)")
_REQUIRED = ["README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", ".clang-format", ".clang-tidy",
             ".editorconfig", ".ci/run", "run", "test"]


def files() -> list[pathlib.Path]:
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP,
                            check=True, capture_output=True, text=True).stdout
    return [TOP / name for name in sorted(set(listed.split("\0"))) if name and (TOP / name).is_file()]


def is_python(path: pathlib.Path, text: str) -> bool:
    return path.suffix == ".py" or text.startswith("#!/usr/bin/python3")


def of_this_machine(line: str) -> bool:
    """Whether the line names a home or another place that only somebody's machine has."""
    return bool(_HOMES.search(line)) or any(
        top not in _DEBIAN and pathlib.Path("/", top, below).exists() for top, below in _ABSOLUTE.findall(line))


def faults_of(path: pathlib.Path, text: str) -> list[str]:
    name = path.relative_to(TOP)
    found = []
    lines = text.split("\n")
    if path.suffix in _CODE and len(lines) > _LINES + 1:
        found.append(f"{name}: {len(lines) - 1} lines, {_LINES} at most: which second reason to change lives there?")
    for number, line in enumerate(lines, 1):
        if of_this_machine(line):
            found.append(f"{name}:{number}: a path of somebody's machine: {line.strip()}")
        if line != line.rstrip() and path.suffix != ".md":
            found.append(f"{name}:{number}: white space at the end of the line")
    if text and not text.endswith("\n"):
        found.append(f"{name}: no newline at the end")
    if is_python(path, text):
        try:
            compile(text, str(name), "exec")
        except SyntaxError as error:
            found.append(f"{name}:{error.lineno}: {error.msg}")
    return found


def main() -> int:
    found = [f"{name} is missing" for name in _REQUIRED if not (TOP / name).is_file()]
    checked = 0
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # binary test data
        checked += 1
        found += faults_of(path, text)
    print("\n".join(found) or f"{checked} files in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
