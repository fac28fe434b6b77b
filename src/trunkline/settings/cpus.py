"""How many CPUs this process may use: fewer than there are where nodes share a machine, or in a container."""

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def usable(cgroups: Path = CGROUPS, own: Path = OWN) -> int:
    """By its affinity (`AllowedCPUs=` of systemd, `cpuset` of a container) and by the time that its control groups
    allow it (`CPUQuota=`, `cpus`; cgroup v2), rounded up."""
    return max(1, math.ceil(min(os.process_cpu_count() or 1, _quota(cgroups, own))))


def _quota(cgroups: Path, own: Path) -> float:
    """CPUs' worth of time; of the group and all that it is in, the least. Infinite where nothing is said."""
    try:
        [path] = [line.removeprefix("0::/") for line in own.read_text().splitlines() if line.startswith("0::/")]
    except (OSError, ValueError):  # no cgroup v2
        return math.inf
    group = cgroups / path
    return min((_of(each) for each in (group, *group.parents) if each.is_relative_to(cgroups)), default=math.inf)


def _of(group: Path) -> float:
    """`cpu.max` has the microseconds of a period that may be used, or "max", and the period's length."""
    try:
        allowed, period = (group / "cpu.max").read_text().split()
        return math.inf if allowed == "max" else int(allowed) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # the root has none, and a container may not see its group
        return math.inf
