import pathlib
import sys
import tempfile
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent)]

import cgroups  # noqa: E402
import placement  # noqa: E402
from environment import Container, Decision, Machine, Placement, PodRequest, Qos  # noqa: E402

FOUR = Machine(frozenset(range(4)), frozenset({0, 1}), {0: 0, 1: 0, 2: 1, 3: 1})


def place(cpus, mems=(0, 1)):
    return Placement(frozenset(cpus), frozenset(mems))


def row(name, decided, kernel):
    container = Container(PodRequest(name, "default", Qos.BURSTABLE, 100), "pod", name)
    return placement.Row(container, decided and Decision(name, decided.cpus, decided.mems, "shared", "root", ""), kernel)


class Faults(unittest.TestCase):
    def one(self, *rows, rules=(), reserved=(0,)):
        return placement.faults(list(rows), FOUR, list(rules), frozenset(reserved))

    def test_obeyed_decisions_have_no_fault(self):
        self.assertEqual(self.one(row("web", place({1, 2, 3}), place({1, 2, 3})), rules=["web & reserved == empty"]), [])

    def test_a_cpuset_that_was_never_set_is_found(self):
        self.assertIn("decided CPUs 1-3", self.one(row("web", place({1, 2, 3}), place({0, 1, 2, 3})))[0])

    def test_other_memory_nodes_than_decided_are_found(self):
        self.assertIn("nodes 0", self.one(row("web", place({1}, {0}), place({1}, {0, 1})))[0])

    def test_a_container_without_process_is_found(self):
        self.assertEqual(self.one(row("web", place({1}), None)), ["web has no running process"])

    def test_a_container_the_daemon_forgot_is_found(self):
        self.assertIn("knows no decision", self.one(row("web", None, place({1})))[0])

    def test_memory_far_from_its_cpus_is_found(self):
        self.assertIn("its CPUs are on nodes 1", self.one(row("web", place({2}, {0}), place({2}, {0})))[0])

    def test_what_the_daemon_does_not_restrict_has_the_whole_machine(self):
        free, container = Decision("web", None, None, "", "", ""), row("web", None, None).container
        self.assertEqual(self.one(placement.Row(container, free, place({0, 1, 2, 3}))), [])
        self.assertIn("decided CPUs any", self.one(placement.Row(container, free, place({0, 3})))[0])

    def test_an_empty_cpuset_is_found(self):
        self.assertIn("is on CPUs none", self.one(row("web", place(()), place(())))[0])

    def test_a_rule_that_does_not_hold_is_shown_with_its_sets(self):
        found = self.one(row("web", place({0, 1}, {0}), place({0, 1}, {0})), rules=["web & reserved == empty"])
        self.assertEqual(found, ["web & reserved == empty does not hold: reserved = 0, web = 0-1"])


class Kernel(unittest.TestCase):
    def test_lists_are_read_and_shown_as_the_kernel_writes_them(self):
        for text, numbers in (("0-3,8", {0, 1, 2, 3, 8}), ("7", {7})):
            self.assertEqual(cgroups.parse_set(text + "\n"), frozenset(numbers))
            self.assertEqual(cgroups.show_set(frozenset(numbers)), text)
        self.assertEqual(cgroups.parse_set("\n"), frozenset())

    def test_the_cgroup_of_a_process_on_both_versions(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            first = "3:cpuset:/kubepods/a\n1:cpu,cpuacct:/x\n0::/y\n"
            self.assertEqual(cgroups.cpuset_folder(first, root), root / "cpuset/kubepods/a")
            (root / "cgroup.controllers").touch()
            self.assertEqual(cgroups.cpuset_folder("0::/kubepods/b\n", root), root / "kubepods/b")

    def test_version_2_falls_back_to_the_effective_sets(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in (("cpus", "\n"), ("mems", "0\n"), ("cpus.effective", "0-1\n"), ("mems.effective", "0\n")):
                (root / f"cpuset.{name}").write_text(text)
            self.assertEqual(cgroups.read_cpuset(root), place({0, 1}, {0}))


if __name__ == "__main__":
    unittest.main()
