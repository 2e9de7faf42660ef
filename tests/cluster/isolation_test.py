"""isolation: whatever a run starts ends with it, however it ends. Needs root."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

_HERE = pathlib.Path(__file__).resolve().parent
_PROGRAM = """
import os, pathlib, subprocess, sys, time
sys.path.insert(0, {here!r})
import control_groups, isolation
isolation.enter(network={network})
group = isolation.control_group()
control_groups.create(group)
orphan = subprocess.run(["sh", "-c", "setsid sleep 1000.{mark} > /dev/null 2>&1 & echo $!"], capture_output=True, text=True)
for root in control_groups.hierarchies():
    (root / group / "cgroup.procs").write_text(orphan.stdout)
pathlib.Path("/run/of-the-run").touch()
print("inside", os.getpid(), group, flush=True)
{then}
"""


class IsolationTest(unittest.TestCase):
    def _start(self, then: str, network: bool = False) -> subprocess.Popen:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        program = pathlib.Path(folder, "program.py")
        mark = self._mark = str(time.time_ns())  # makes the orphan's command line unique
        program.write_text(_PROGRAM.format(here=str(_HERE), network=network, mark=mark, then=then))
        started = subprocess.Popen([sys.executable, "-B", str(program)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(started.stdout.close)
        self._group = started.stdout.readline().split()[2]
        return started

    def _await_nothing_left(self, groups: bool = True):
        deadline = time.monotonic() + 20
        while self._left(groups) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual([], self._left(groups))
        self.assertFalse(pathlib.Path("/run/of-the-run").exists())

    def _left(self, groups: bool) -> list[str]:
        found = [str(path) for path in pathlib.Path("/sys/fs/cgroup").rglob(self._group)] if groups else []
        for line in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if f"sleep\0001000.{self._mark}" in line.read_text():
                    found.append(str(line))
            except OSError:
                pass
        return found

    def test_status_is_handed_out_and_an_orphan_is_ended(self):
        self.assertEqual(7, self._start("sys.exit(7)").wait(20))
        self._await_nothing_left()

    def test_a_network_of_its_own_has_its_loopback_up_and_nothing_else(self):
        then = ("links = subprocess.run(['ip', '-brief', 'link'], capture_output=True, text=True).stdout.split()\n"
                "sys.exit(0 if 'LOOPBACK,UP' in ' '.join(links) and len(links) == 4 else 3)")
        self.assertEqual(0, self._start(then, network=True).wait(20))
        self._await_nothing_left()

    def test_sigterm_reaches_the_program(self):
        then = "import signal; signal.signal(signal.SIGTERM, lambda *_: sys.exit(5)); print('armed', flush=True); time.sleep(60)"
        started = self._start(then)
        self.assertEqual("armed\n", started.stdout.readline())
        started.send_signal(signal.SIGTERM)
        self.assertEqual(5, started.wait(20))
        self._await_nothing_left()

    def test_kill_9_of_the_outer_process_ends_everything_inside(self):
        started = self._start("time.sleep(60)")
        started.kill()
        self.assertEqual(-signal.SIGKILL, started.wait(20))
        self._await_nothing_left(groups=False)
        self.assertTrue(self._left(groups=True))  # nobody was there to remove them; the next run does
        sys.path.insert(0, str(_HERE))
        import control_groups
        control_groups.sweep()
        self._await_nothing_left()

    def test_a_program_killed_inside_is_told_by_the_status(self):
        self.assertEqual(128 + signal.SIGKILL, self._start("os.kill(os.getpid(), 9)").wait(20))
        self._await_nothing_left()


if __name__ == "__main__":
    unittest.main()
