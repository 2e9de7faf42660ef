"""The one timeline of a run: T+ seconds, what happened; for placements what was asked, decided and read back."""

import os
import sys
import time

from cgroups import show_set
from placement import Row, show_decision


class Timeline:
    """Seconds count from `started` (seconds since the epoch): the moment the user pressed return."""

    def __init__(self, started: float | None = None, out=sys.stdout):
        self._started = started or time.time()
        self._out = out
        colours = out.isatty() and "NO_COLOR" not in os.environ
        self._good, self._bad, self._off = ("\033[32m", "\033[31m", "\033[0m") if colours else ("", "", "")

    def say(self, text: str) -> None:
        print(f"T+{time.time() - self._started:6.1f} s  {text}", file=self._out, flush=True)

    def more(self, text: str) -> None:
        print(f"{'':12}{text}", file=self._out, flush=True)

    def held(self, title: str, detail: str) -> None:
        self.say(f"{self._good}ok{self._off}    {title}{': ' if detail else ''}{detail}")

    def failed(self, step: str, title: str) -> None:
        self.say(f"{self._bad}FAILED{self._off} at step '{step}': {title}")

    def placements(self, rows: list[Row]) -> None:
        self.more(f"{'container':18}{'asked':20}{'decided':34}kernel's cgroup")
        for row in rows:
            request = row.container.request
            kind = f" ({row.decided.kind})" if row.decided and row.decided.kind else ""
            decided = show_decision(row.decided) + kind
            kernel = f"cpuset.cpus {show_set(row.kernel.cpus)}  cpuset.mems {show_set(row.kernel.mems)}" if row.kernel else "gone"
            self.more(f"{f'{request.namespace}/{request.name}':18}{request.asked():20}{decided:34}{kernel}")
