"""The runner: tells the steps in order, injects faults, and says exactly where and why a story broke."""

import dataclasses
import random
import threading
from collections.abc import Callable

import poll
from environment import ApiError, Container, Environment, Machine, Placement, Program, Refused, StepFailed
from timeline import Timeline


@dataclasses.dataclass(frozen=True)
class Kill:
    """kill -9 of a program at the beginning of a step."""

    program: Program
    step: str


@dataclasses.dataclass
class Story:
    """What the steps hand on to each other."""

    environment: Environment
    timeline: Timeline
    seed: int = 1  # of the moments at which faults strike
    kills: list[Kill] = dataclasses.field(default_factory=list)
    machine: Machine | None = None
    reserved: int = -1  # the CPU that the configuration in force reserves
    exclusive: int = 0  # exclusive CPUs that the pod `db` got
    containers: dict[str, Container] = dataclasses.field(default_factory=dict)  # by name, all of them running
    before: dict[str, Placement] = dataclasses.field(default_factory=dict)  # by name, as last shown


@dataclasses.dataclass(frozen=True)
class Step:
    name: str  # the word of the command line
    title: str
    tell: Callable[[Story], str]  # raises StepFailed; the text is the detail of the timeline
    starts: Program | None = None  # the program that this step starts


def tell(story: Story, steps: list[Step]) -> bool:
    """Every step in order; at the first that does not hold the report, and False."""
    environment = story.environment
    chance = random.Random(f"{story.seed} {story.kills}")
    for step in steps:
        victims = [kill.program for kill in story.kills if kill.step == step.name]
        strikes = [_Strike(story, victim, chance.uniform(0, 0.1)) for victim in victims]
        try:
            with poll.watching(lambda: _nobody_died(environment)):
                try:
                    detail = step.tell(story)
                finally:
                    for strike in strikes:
                        strike.join()
                _nobody_died(environment)
        except (StepFailed, Refused, ApiError, OSError, ValueError, KeyError) as error:
            _report(story, step, error)
            return False
        story.timeline.held(step.title, detail)
    return True


class _Strike(threading.Thread):
    """Kills and restarts one program a moment after the step began."""

    def __init__(self, story: Story, victim: Program, delay: float):
        super().__init__(name=f"kill-{victim.value}", daemon=True)
        self._story, self._victim = story, victim
        self._moment = threading.Event()
        self._delay = delay
        self.start()

    def run(self) -> None:
        self._moment.wait(self._delay)  # the fault's own timing: nothing depends on it
        self._story.environment.kill(self._victim)
        self._story.environment.restart(self._victim)
        self._story.timeline.say(f"kill  -9 {self._victim.value} {1000 * self._delay:.0f} ms into the step whose line comes next; restarted")


def _nobody_died(environment: Environment) -> None:
    died = environment.died()
    if died:
        raise StepFailed("every program to go on running", died)


def _report(story: Story, step: Step, error: Exception) -> None:
    timeline, environment = story.timeline, story.environment
    timeline.failed(step.name, step.title)
    if isinstance(error, StepFailed):
        timeline.more(f"expected: {error.expected}")
        timeline.more(f"got:      {error.got}")
    else:
        timeline.more(f"got:      {type(error).__name__}: {error}")
    program = getattr(error, "program", None) or step.starts
    for relevant in [program] if program else [Program.DAEMON, Program.EXTENSION, Program.AGENT]:
        lines = environment.log_tail(relevant)
        if lines:
            timeline.more(f"last lines of {relevant.value}'s log:")
            for line in lines:
                timeline.more(f"  {line}")
