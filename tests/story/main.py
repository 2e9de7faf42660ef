"""Tells the story in one environment: `./run` calls this, and each of the story's tests in ctest.

    main.py [embedded|real|vm] --programs DIR [options]     see options() for what they do
"""

import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "cluster")]

import environment as environments  # noqa: E402
import cache  # noqa: E402
import isolation  # noqa: E402
import steps  # noqa: E402
import story as stories  # noqa: E402
from environment import Environment, Program  # noqa: E402
from timeline import Timeline  # noqa: E402


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run", description="One Shoot's configuration moves a container's CPUs.")
    parser.add_argument("environment", nargs="?", default="embedded", choices=["embedded", "real", "vm"])
    parser.add_argument("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--started", type=float, default=None, help=argparse.SUPPRESS)
    parser.add_argument("--once", action="store_true", help="end after the story; exit status 0 if every step held")
    parser.add_argument("--keep", action="store_true", help="keep the folder of logs")
    parser.add_argument("--kill", action="append", default=[], metavar="PROGRAM@STEP",
                        help="kill -9 the program while the step is under way; it is restarted and the story goes on")
    parser.add_argument("--kill-all-matrix", type=int, metavar="TURNS", nargs="?", const=0,
                        help="tell the story again and again, each time with another program killed at each step: "
                             "every combination, or only TURNS of these turns, drawn by --seed")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is drawn by lot")
    parser.add_argument("--list-steps", action="store_true")
    return parser.parse_args()


def main() -> int:
    asked = options()
    if asked.list_steps:
        for step in steps.STEPS:
            print(f"{step.name:12}{step.title}")
        return 0
    os.environ["PATH"] = f"{cache.root() / 'bin'}:{os.environ['PATH']}"  # what tests/setup/packages.sh unpacked
    _listen_to_signals()
    timeline = Timeline(asked.started)
    try:
        if asked.kill_all_matrix is not None:
            return _matrix(asked, timeline)
        isolation.enter(network=asked.environment == "real")
        return 0 if _told(asked, timeline, [_kill(words) for words in asked.kill], serve=not asked.once) else 1
    except KeyboardInterrupt:
        timeline.say("interrupted")
        return 130


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _listen_to_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def _interrupt(_number, _frame) -> None:
    raise KeyboardInterrupt


def _kill(words: str) -> stories.Kill:
    name, _, step = words.partition("@")
    names = {program.value: program for program in Program}
    if name not in names or step not in [one.name for one in steps.STEPS]:
        raise SystemExit(f"run: --kill {words}: expected PROGRAM@STEP, a program of {', '.join(sorted(names))}, a step of --list-steps")
    start = steps.started_by(names[name])
    if steps.position(step) <= start:
        raise SystemExit(f"run: --kill {words}: {name} is only started in step '{steps.STEPS[start].name}'")
    return stories.Kill(names[name], step)


def _matrix(asked: argparse.Namespace, timeline: Timeline) -> int:
    """Turn t kills, at step i, program (i + t) mod n, if it runs by then: n turns are every combination. Each turn is a
    run of its own, with namespaces of its own."""
    killable = sorted(environments.implementation(asked.environment).killable, key=lambda program: program.value)
    turns = list(range(len(killable)))
    if asked.kill_all_matrix:
        turns = sorted(random.Random(asked.seed).sample(turns, asked.kill_all_matrix))
    for turn in turns:
        kills = [
            f"--kill={victim.value}@{step.name}"
            for at, step in enumerate(steps.STEPS)
            for victim in [killable[(at + turn) % len(killable)]]
            if at > steps.started_by(victim)
        ]
        timeline.say(f"turn {turn} of {len(killable)}: {' '.join(kills)}")
        if not _turn(asked, kills):
            return 1
    return 0


def _turn(asked: argparse.Namespace, kills: list[str]) -> bool:
    words = [sys.executable, __file__, asked.environment, f"--programs={asked.programs}", "--once", f"--seed={asked.seed}"]
    words += kills
    words += [f"--started={asked.started}"] if asked.started else []
    words += ["--keep"] if asked.keep else []
    child = subprocess.Popen(words)
    try:
        return child.wait() == 0
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise


def _told(asked: argparse.Namespace, timeline: Timeline, kills: list[stories.Kill], serve: bool) -> bool:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="crm-story-"))
    environment = environments.implementation(asked.environment)(folder, asked.programs.resolve())
    story = stories.Story(environment, timeline, seed=asked.seed, kills=kills)
    held = interrupted = False
    try:
        held = stories.tell(story, steps.STEPS)
        if held and serve:
            _serve(story, environment)
    except KeyboardInterrupt:
        interrupted = True
        raise
    finally:
        held = _closed(environment, timeline) and held
        if asked.keep or not (held or interrupted):
            timeline.say(f"logs are kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return held


def _serve(story: stories.Story, environment: Environment) -> None:
    timeline = story.timeline
    steps.enable_again(story)
    timeline.say("every step held; all of it goes on serving until Ctrl-C. To look at it:")
    for line in environment.hints():
        timeline.more(line)
    try:
        while not environment.died():
            time.sleep(0.5)
        timeline.say(environment.died())
    except KeyboardInterrupt:
        timeline.say("ending")


def _closed(environment: Environment, timeline: Timeline) -> bool:
    """Ends everything, undisturbed by further signals."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    environment.close()
    left = environment.leftovers()
    _listen_to_signals()
    if left:
        timeline.say("left behind:")
        for line in left:
            timeline.more(line)
    return not left


if __name__ == "__main__":
    sys.exit(main())
