"""CPU time of a group of processes, from /proc."""

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def group_seconds(group: int) -> float:
    """User and system time so far of every process of a process group, its reaped children included, s."""
    total = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
            continue
        # proc(5): the name may hold blanks and brackets, so count from the last bracket; pgrp is the 5th field there,
        # utime, stime, cutime, cstime the 14th to 17th.
        fields = text.rpartition(")")[2].split()
        if int(fields[2]) == group:
            total += sum(int(value) for value in fields[11:15])
    return total / _TICK
