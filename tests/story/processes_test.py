import pathlib
import sys
import tempfile
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent)]

import poll  # noqa: E402
import processes  # noqa: E402


class ManagedProgram(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = pathlib.Path(folder.name) / "logs/program.log"

    def program(self, script: str) -> processes.Managed:
        """Runs until it printed "ready"."""
        program = processes.Managed("program", ["sh", "-c", script], self.log, {"GREETING": "ready"})
        self.addCleanup(program.end)
        program.start()
        poll.until("ready", lambda: program.tail(5), lambda lines: "ready" in lines)
        return program

    def test_an_unasked_end_is_told(self):
        program = self.program("echo $GREETING; exit 7")
        self.assertEqual(poll.until("its end", program.died), "program ended with exit status 7")

    def test_a_kill_is_no_unasked_end_and_a_restart_appends_to_the_log(self):
        program = self.program("echo $GREETING; exec sleep 1000")
        first = program.pid
        program.kill()
        self.assertIsNone(program.pid)
        self.assertIsNone(program.died())
        program.restart()
        self.assertNotEqual(program.pid, first)
        poll.until("both greetings", lambda: program.tail(9).count("ready"), lambda count: count == 2)

    def test_what_was_ended_does_not_come_back(self):
        program = self.program("echo $GREETING; exec sleep 1000")
        processes._YOUNG, kept = 0.0, processes._YOUNG
        self.addCleanup(setattr, processes, "_YOUNG", kept)
        self.assertEqual(program.end(), "program was told to end and was killed by SIGTERM")
        program.restart()
        self.assertIsNone(program.pid)

    def test_a_clean_end_says_nothing(self):
        program = self.program("trap 'exit 0' TERM; echo $GREETING; while :; do sleep 0.01; done")
        self.assertIsNone(program.end())

    def test_one_that_does_not_listen_is_killed_with_its_children(self):
        program = self.program("trap '' TERM; sleep 1001.7 & echo $GREETING; wait; sleep 1000")
        self.assertEqual(program.end(timeout=0.1), "program was told to end and was killed by SIGKILL")
        poll.until("no child", lambda: processes.mentioning("1001.7"), lambda found: not found)

    def test_a_short_command_that_hangs_is_given_up(self):
        self.assertEqual(processes.run(["sleep", "1000"], timeout=0.1).returncode, 124)


if __name__ == "__main__":
    unittest.main()
