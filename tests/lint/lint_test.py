import pathlib
import sys
import tempfile
import unittest
from unittest import mock

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent)]

import include_arrows  # noqa: E402
import tree  # noqa: E402

ORDER = ["base", "kube", "kube/testing", "agent"]


class IncludeArrows(unittest.TestCase):
    def test_an_include_from_below_is_found(self):
        found = include_arrows.violations({"base/a.h": '#include "agent/b.h"\n'}, ORDER)
        self.assertEqual(found, ['src/base/a.h includes "agent/b.h": base stands above agent'])

    def test_a_folder_inside_another_has_its_own_place(self):
        self.assertEqual(include_arrows.violations({"kube/testing/a.cc": '#include "kube/b.h"\n'}, ORDER), [])
        self.assertEqual(len(include_arrows.violations({"kube/a.cc": '#include "kube/testing/b.h"\n'}, ORDER)), 1)

    def test_includes_upward_and_of_others_are_fine(self):
        text = '#include "base/a.h"\n#include "agent/b.h"\n#include "cri/runtime/v1/api.pb.h"\n#include <vector>\n'
        self.assertEqual(include_arrows.violations({"agent/a.cc": text}, ORDER), [])

    def test_tests_may_use_fakes_from_below(self):
        self.assertEqual(include_arrows.violations({"base/a_test.cc": '#include "agent/b.h"\n'}, ORDER), [])

    def test_a_folder_without_a_place_is_found(self):
        self.assertIn("no place", include_arrows.violations({"new/a.cc": ""}, ORDER)[0])

    def test_the_table_of_the_tour_is_read(self):
        tour = "| folder | holds |\n|---|---|\n| `src/base` | text |\n| `src/kube/testing` | fakes | more |\n"
        self.assertEqual(include_arrows.layers(tour, "add_subdirectory(x)\n"), ["base", "kube/testing"])
        self.assertEqual(include_arrows.layers("# Tour\n", "add_subdirectory(x)\nadd_subdirectory(y/z)\n"), ["x", "y/z"])


class Tree(unittest.TestCase):
    def found(self, name, text):
        return tree.faults_of(tree.TOP / name, text)

    def test_good_files_pass(self):
        self.assertEqual(self.found("src/a.cc", "int a;\n"), [])

    def test_long_files_are_found(self):
        self.assertIn("401 lines", self.found("src/a.cc", "int a;\n" * 401)[0])
        self.assertEqual(self.found("src/a.cc", "int a;\n" * 400), [])

    def test_machine_paths_are_found(self):
        self.assertIn("docs/a.md:2:", self.found("docs/a.md", "see\n/home/" + "somebody/src\n")[0])

    def test_folders_that_only_this_machine_has_are_found(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(tree, "_DEBIAN", tree._DEBIAN - {"tmp"}):
            self.assertEqual(len(self.found("docs/a.md", f"see {folder}/x\n")), 1)
            self.assertEqual(self.found("docs/a.md", "see /tmp/not-there-at-all and /apis/apps/v1\n"), [])

    def test_broken_python_is_found(self):
        self.assertTrue(self.found("test/a.py", "def a(:\n"))
        self.assertTrue(self.found("test/b", "#!/usr/bin/python3\ndef a(:\n"))

    def test_trailing_space_and_a_missing_newline_are_found(self):
        self.assertEqual(len(self.found("src/a.h", "int a; \nint b;")), 2)


if __name__ == "__main__":
    unittest.main()
