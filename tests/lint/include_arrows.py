#!/usr/bin/python3
"""Includes point one way: a folder of src/ may include itself and what stands above it, never below.

The order is that of the rows `| `src/<folder>` | ... |` of docs/tour.md (of the add_subdirectory lines of
src/CMakeLists.txt where the page has no such table). Every folder of src/ with code must have its row.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
_ROW = re.compile(r"^\|\s*`src/([\w/]+)`\s*\|(.*)\|\s*$")
_SUBDIRECTORY = re.compile(r"^add_subdirectory\(([\w/]+)\)", re.MULTILINE)
_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def layers(tour: str, cmake: str) -> list[str]:
    """Folders, top first."""
    return [row[1] for row in map(_ROW.match, tour.splitlines()) if row] or _SUBDIRECTORY.findall(cmake)


def folder_of(path: str, known: list[str]) -> str | None:
    """The most specific known folder that holds the path ("kube/testing/x.h" is of kube/testing, not kube)."""
    holding = [folder for folder in known if path.startswith(folder + "/")]
    return max(holding, key=len, default=None)


def violations(files: dict[str, str], order: list[str]) -> list[str]:
    """`files`: path below src/ -> text. What points the wrong way, or lives in a folder without a row."""
    found = []
    for path, text in sorted(files.items()):
        here = folder_of(path, order)
        if here is None:
            found.append(f"src/{path}: its folder has no place in the order of docs/tour.md")
            continue
        # Tests may use fakes from folders below.
        if path.endswith("_test.cc"):
            continue
        for included in _INCLUDE.findall(text):
            there = folder_of(included, order)
            if there is not None and order.index(there) > order.index(here):
                found.append(f"src/{path} includes \"{included}\": {here} stands above {there}")
    return found


def main() -> int:
    source = TOP / "src"
    tour = TOP / "docs/tour.md"
    order = layers(tour.read_text() if tour.exists() else "", (source / "CMakeLists.txt").read_text())
    files = {
        str(path.relative_to(source)): path.read_text(errors="replace")
        for path in source.rglob("*")
        if path.suffix in (".h", ".cc", ".c")
    }
    found = violations(files, order)
    print("\n".join(found) or f"{len(files)} files, {len(order)} folders: every include points upward")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
