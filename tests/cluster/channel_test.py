"""channel.py against guest/commands, run here by the same busybox that runs it in the guest."""

import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

_HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE))

import channel  # noqa: E402


class ChannelTest(unittest.TestCase):
    def setUp(self):
        folder = self._folder = self.enterContext(tempfile.TemporaryDirectory())
        applets = pathlib.Path(folder, "bin")
        applets.mkdir()
        busybox = shutil.which("busybox")
        for name in subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split():
            (applets / name).symlink_to(busybox)
        ours, theirs = socket.socketpair()
        self.ours = ours
        self._server = subprocess.Popen(
            ["sh", "-c", f"exec 3<&{theirs.fileno()}; exec {busybox} sh {_HERE}/guest/commands"],
            pass_fds=[theirs.fileno()], env={"PATH": str(applets), "COMMANDS": f"{folder}/commands"},
            executable="/bin/sh", stdin=subprocess.DEVNULL)
        theirs.close()
        self.channel = channel.Channel()
        self.channel.attach(ours, 20)
        self.addCleanup(self._server.wait, 20)
        self.addCleanup(ours.close)
        self.addCleanup(ours.shutdown, socket.SHUT_RDWR)

    def test_status_output_and_errors(self):
        done = self.channel.run("echo out; echo err >&2; exit 3", 20)
        self.assertEqual((3, "out\n", "err\n"), (done.returncode, done.stdout, done.stderr))
        self.assertEqual((0, ""), (self.channel.run("true", 20).returncode, self.channel.run("true", 20).stdout))

    def test_many_at_once_do_not_mix(self):
        asked = [self.channel.submit(f"echo {i}; seq {i * 50}") for i in range(60)]
        for i, future in enumerate(asked):
            self.assertEqual([str(i), *map(str, range(1, i * 50 + 1))], future.result(60).stdout.split())

    def test_a_slow_command_does_not_hold_up_another(self):
        slow = self.channel.submit(f"echo $$ > {self._folder}/pid; exec sleep 1000")
        self.assertEqual("quick\n", self.channel.run("echo quick", 20).stdout)
        self.assertFalse(slow.done())
        self.channel.run(f"until kill $(cat {self._folder}/pid); do sleep 0.05; done", 20)
        self.assertEqual(128 + signal.SIGTERM, slow.result(20).returncode)

    def test_a_big_answer(self):
        self.assertEqual("x" * 300000, self.channel.run("head -c 300000 /dev/zero | tr '\\0' x", 60).stdout)

    def test_nobody_there_any_more(self):
        self._server.kill()
        self._server.wait(20)
        self.ours.shutdown(socket.SHUT_RDWR)
        with self.assertRaises(channel.GuestError):
            self.channel.run("true", 20)


if __name__ == "__main__":
    unittest.main()
