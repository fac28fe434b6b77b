"""CPU time of processes, from /proc."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def group_seconds(group: int) -> float:
    """User and system time so far of every process of a process group, its reaped children included, s."""
    found = (_fields(path) for path in Path("/proc").glob("[0-9]*/stat"))
    return sum(_ticks(fields) for fields in found if fields and int(fields[2]) == group) / _TICK


def seconds(pids: Iterable[int]) -> float:
    """The same of these processes."""
    found = (_fields(Path(f"/proc/{pid}/stat")) for pid in pids)
    return sum(_ticks(fields) for fields in found if fields) / _TICK


def _fields(path: Path) -> list[str]:
    """proc(5): the name may hold blanks and brackets, so those after the last bracket; [] when the process ended."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _ticks(fields: list[str]) -> int:
    """utime, stime, cutime and cstime, the 14th to 17th field of all."""
    return sum(int(value) for value in fields[11:15])
