"""How long a start is waited for: as long as it gets anywhere, so that a slow or busy machine is no failure.

After a power cut a whole host of machines starts at once, and each part of a node needs many times its usual second.
Giving up then, to begin again from the start, would never end.
"""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from trunkline.node.supervise import Process

MOST_SECONDS = 600.0  # in all, but for a store that is being filled; a part that computes for ever is broken too
WORTH = 1.0  # s of CPU time: more than a part takes that waits for another one, and answers whether it is ready
TICKS = os.sysconf("SC_CLK_TCK")


class Patience:
    """`still`: how long nothing may get anywhere, s."""

    def __init__(self, still: float, clock: Callable[[], float] = time.monotonic):
        self._clock, self._still = clock, still
        self._began = self._moved = clock()
        self._worked: set[str] = set()  # once; one that comes and goes gets nowhere
        self._filling = ""
        self._first: dict[str, int] = {}  # the process that a part began with
        self._spent: dict[str, float] = {}  # and the CPU time that it had taken when it last counted

    def ends(self, missing: Collection[str], processes: Collection[Process], filling: str = "") -> bool:
        """Whether to give up. `missing`: the parts that do not work yet; `filling`: how far `follow` is."""
        now, works = self._clock(), {process.name for process in processes} - set(missing)
        if filling and filling != self._filling:
            self._began = self._moved = now
        elif works - self._worked or self._computing(missing, processes):
            self._moved = now
        self._worked |= works
        self._filling = filling
        return now > self._moved + self._still or now > self._began + MOST_SECONDS

    def _computing(self, missing: Collection[str], processes: Iterable[Process]) -> bool:
        """Whether a part that is missed got on with its start. One that died and was started again does not count."""
        groups = cpu_seconds()
        found = False
        for process in processes:
            first = self._first.setdefault(process.name, process.pid) if process.pid else None
            spent = groups.get(process.pid, 0.0)
            if process.name in missing and process.pid == first and spent >= self._spent.get(process.name, 0.0) + WORTH:
                self._spent[process.name], found = spent, True
        return found


def cpu_seconds() -> dict[int, float]:
    """User and system time taken so far, by process group (proc_pid_stat(5)): each part leads one, Kamailio of many."""
    taken: dict[int, float] = defaultdict(float)
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended since it was listed
        taken[int(fields[2])] += (int(fields[11]) + int(fields[12])) / TICKS
    return taken
