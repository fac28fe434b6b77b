"""Whether an SQLite file in WAL mode may have changed, by the times of its log: one system call.

Every commit is appended to the log, `edge.db-wal`, and so changes its mtime, which the kernel counts in ticks of up to
10 ms: a time that is older than that tells of each later write. A writer that is held up between its last write and
the moment when others see the commit would go unnoticed; so the file is asked itself once a second all the same.
"""

import os
import time

TICK_NS = 50_000_000  # with a margin
LONGEST = 1.0  # s


class Stillness:
    def __init__(self, path: str):
        self._log = f"{path}-wal"
        self._seen: tuple[int, int, int] | None = None
        self._until = 0.0

    def lasts(self) -> bool:
        """Whether nothing was written since the last call that said no; its caller then reads what there is."""
        now = time.monotonic()
        state = self._state()
        if state == self._seen and state and now < self._until:
            return True
        self._seen, self._until = state, now + LONGEST
        return False

    def _state(self) -> tuple[int, int, int] | None:
        """None where the next write might leave no trace."""
        try:
            status = os.stat(self._log)
        except OSError:
            return None
        if time.time_ns() - status.st_mtime_ns < TICK_NS:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size
