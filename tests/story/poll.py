"""Waiting for a fact of the real state, with a deadline."""

import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

from environment import Program, StepFailed

T = TypeVar("T")
patience = 1.0  # scales every deadline; tests of the steps themselves make it short
_watch: Callable[[], None] = lambda: None


@contextlib.contextmanager
def watching(check: Callable[[], None]):
    """While inside, every wait also calls `check`, which raises when waiting is hopeless (a program died)."""
    global _watch
    before, _watch = _watch, check
    try:
        yield
    finally:
        _watch = before


def hopeful() -> None:
    """For waits that are not until(): raises when waiting is hopeless."""
    _watch()


def until(
    expected: str,
    look: Callable[[], T],
    holds: Callable[[T], bool] = bool,
    timeout: float = 30,
    program: Program | None = None,
    show: Callable[[T], str] = repr,
) -> T:
    """Looks again and again until what it sees holds; StepFailed with the last sight when the time is over."""
    deadline = time.monotonic() + timeout * patience
    while True:
        seen = look()
        if holds(seen):
            return seen
        hopeful()
        if time.monotonic() > deadline:
            raise StepFailed(expected, f"{show(seen)} after {timeout:.0f} s", program)
        time.sleep(0.05)
