"""Waiting for a fact of the real state, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

from environment import Program, StepFailed

T = TypeVar("T")


def until(
    expected: str,
    look: Callable[[], T],
    holds: Callable[[T], bool] = bool,
    timeout: float = 30,
    program: Program | None = None,
    show: Callable[[T], str] = repr,
) -> T:
    """Looks again and again until what it sees holds; StepFailed with the last sight when the time is over."""
    deadline = time.monotonic() + timeout
    while True:
        seen = look()
        if holds(seen):
            return seen
        if time.monotonic() > deadline:
            raise StepFailed(expected, f"{show(seen)} after {timeout:.0f} s", program)
        time.sleep(0.05)
