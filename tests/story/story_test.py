"""The steps themselves: they hold where everything works, and each breakage is caught at the step where it shows."""

import io
import pathlib
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent)]

import poll  # noqa: E402
import steps  # noqa: E402
from environment import Program  # noqa: E402
from fake_environment import FakeEnvironment  # noqa: E402
from story import Kill, Story, tell  # noqa: E402
from timeline import Timeline  # noqa: E402

# What is broken -> the step that must say so.
BREAKAGES = {
    "version": "proxy",
    "reconcile": "enable",
    "apply": "applied",
    "merge": "configmap",
    "unset cpuset": "pods",
    "loose": "exclusive",
    "mute": "exclusive",
    "dropped watch": "move",
    "not moved": "move",
    "swallows": "broken",
    "blind probe": "broken",
    "kept": "leave",
    "leak": "disable",
    "dead after": "after",
    "crash": "enable",
}


class Steps(unittest.TestCase):
    def setUp(self):
        poll.patience = 0.001
        self.addCleanup(setattr, poll, "patience", 1.0)

    def told(self, environment: FakeEnvironment, kills=()) -> tuple[bool, str]:
        out = io.StringIO()
        story = Story(environment, Timeline(out=out), kills=list(kills))
        return tell(story, steps.STEPS), out.getvalue()

    def test_the_story_holds_where_everything_works(self):
        for cpus in (2, 3, 4, 16, 64):
            with self.subTest(cpus=cpus):
                held, text = self.told(FakeEnvironment(cpus))
                self.assertTrue(held, text)
                self.assertEqual(text.count("ok    "), len(steps.STEPS))
                self.assertIn("refused on 2 CPUs" if cpus == 2 else "of its own", text)

    def test_every_breakage_is_caught_where_it_shows(self):
        for broken, step in BREAKAGES.items():
            with self.subTest(broken=broken):
                held, text = self.told(FakeEnvironment(2, broken))
                self.assertFalse(held, text)
                self.assertIn(f"FAILED at step '{step}'", text)
                self.assertIn("got: ", text)
                self.assertIn("log of ", text)

    def test_exclusive_cpus_that_are_not_given_are_caught(self):
        held, text = self.told(FakeEnvironment(16, "not exclusive"))
        self.assertFalse(held)
        self.assertIn("FAILED at step 'exclusive'", text)

    def test_a_kill_strikes_in_its_step_and_the_story_goes_on(self):
        environment = FakeEnvironment()
        held, text = self.told(environment, [Kill(Program.AGENT, "move"), Kill(Program.DAEMON, "broken")])
        self.assertTrue(held, text)
        self.assertEqual(environment.killed, [Program.AGENT, Program.DAEMON])

    def test_every_program_of_the_kill_matrix_is_started_by_a_step(self):
        for program in Program:
            if program is not Program.KUBELET:
                self.assertGreaterEqual(steps.started_by(program), 0)


if __name__ == "__main__":
    unittest.main()
