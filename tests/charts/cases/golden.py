"""The renderings of two sets of values, whole, as files to read and to compare with. main.py --update-golden writes them."""

import pathlib
import unittest

import helm
import variants

_FOLDER = pathlib.Path(__file__).resolve().parents[1] / "golden"


def _files() -> dict[pathlib.Path, str]:
    return {_FOLDER / f"{name}.yaml": helm.render(variants.VARIANTS[name]).text for name in ("defaults", "everything")}


def update() -> None:
    for path, text in _files().items():
        path.write_text(text, encoding="utf-8")


class Golden(unittest.TestCase):
    maxDiff = None

    def test_files_are_what_is_rendered(self):
        for path, text in _files().items():
            self.assertEqual(path.read_text(encoding="utf-8"), text, f"{path.name}: see tests/charts/main.py --update-golden")
