"""Ships the journal to the database: at least once, in order, into a sink that takes a line once only.

The edge appends to `edge.jsonl`. At a size we rename it to `edge-<time>.jsonl`; the edge's workers notice at their
next line and begin another. A renamed file goes when it is shipped whole and nobody has written to it for a while.
"""

import logging
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from trunkline.contract.feed import Sink, Unavailable
from trunkline.node import calls, lines

PAUSE = 0.3  # s between two looks for lines
SYNC_SECONDS = 1.0
# A worker that was about to write when the file was renamed still writes to it: wait for the slowest.
QUIET_SECONDS = 10.0
UNSURE_SECONDS = 60.0  # in which a call may have begun that the part `clear` has not written of yet

log = logging.getLogger(__name__)


class Shipper:
    """A `part.Part` for one journal folder. `rotate_bytes` is the size at which a file is closed, `open_calls` the file
    of the calls that are up."""

    def __init__(
        self,
        sink: Sink,
        node: str,
        current: Path,
        rotate_bytes: int,
        quiet: float = QUIET_SECONDS,
        open_calls: Path | None = None,
    ):
        self._sink, self._node, self._current = sink, node, current
        self._rotate_bytes, self._quiet = rotate_bytes, quiet
        self._positions: dict[str, int] = {}  # by a file's identity, what the sink last said or took
        self._unsure: set[str] = set()
        self._open_calls, self._settled = open_calls, open_calls is None
        self._damaged, self._shipped, self._waiting = 0, 0, 0
        self._synced = -SYNC_SECONDS

    def facts(self) -> dict[str, object]:
        """`waiting`: bytes not yet in the database; `shipped` and `damaged`: lines since this process started."""
        with suppress(OSError):  # the edge has yet to make the folder; of all else `step` tells
            self._waiting = sum(self._left(path) for path in lines.files(self._current))
        return {"waiting": self._waiting, "shipped": self._shipped, "damaged": self._damaged}

    def step(self) -> bool:
        """Ship one batch of each file, oldest file first. Raises Unavailable, OSError; nothing is lost by either, and
        a file that cannot be read keeps no other one."""
        more, trouble = False, None
        try:
            for path in lines.files(self._current):
                try:
                    more |= self._ship(path)
                except OSError as error:
                    trouble = trouble or error
        except Unavailable:
            self._sync()
            raise
        self._rotate()
        if trouble:
            raise trouble
        if not more and not self._settled:
            self._settle()
        return more

    def _sync(self) -> None:
        """Have what waits for the database survive a power cut: the kernel keeps it from the disk for half a minute.
        What is not away is in the database sooner, and the edge's writes need not wait for a disk then."""
        if time.monotonic() < self._synced + SYNC_SECONDS:
            return
        self._synced = time.monotonic()
        for path in lines.files(self._current):
            descriptor = lines.opened(path)
            try:
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)

    def _ship(self, path: Path) -> bool:
        with open(lines.opened(path), "rb") as file:
            name = lines.identity(file)
            position = self._position(name) if name else 0
            batch = lines.read(file, position)
            closed = path != self._current and time.time() - os.fstat(file.fileno()).st_mtime > self._quiet
        if batch.size:
            self._store(name, batch, position)
            return True
        if closed:
            self._finish(path, name, position)
        return False

    def _store(self, name: str, batch: lines.Batch, position: int) -> None:
        # A failure may come after the commit, or because a restored database has less of the file than we knew, so the
        # position is asked for again before the next attempt.
        self._unsure.add(name)
        settled, self._settled = self._settled, self._open_calls is None
        self._sink.store(self._node, name, batch.events, position + batch.size, position)
        self._positions[name] = position + batch.size
        self._unsure.discard(name)
        self._settled = settled
        self._shipped += len(batch.events)
        self._keep(batch.damaged)

    def _settle(self) -> None:
        """At the start, and after the database refused something: it may have been restored from a backup."""
        try:
            up, written = calls.kept(self._open_calls)
        except FileNotFoundError:  # a home that was made just now, whose calls the heartbeat has closed
            self._settled = True
            return
        except (ValueError, TypeError, KeyError):  # of another version; the part `clear` writes it anew
            return
        files = []
        for path in lines.files(self._current):
            with open(lines.opened(path), "rb") as file:
                files.append(lines.identity(file))
        self._sink.settle(self._node, files, up, min(written, time.time() - UNSURE_SECONDS))
        self._settled = True

    def _finish(self, path: Path, name: str, position: int) -> None:
        """Delete a file that will not grow any more; half a line at its end (from a full disk) is kept as damaged."""
        with open(lines.opened(path), "rb") as file:
            file.seek(position)
            rest = file.read()
        if rest:
            self._keep([rest])
        path.unlink()
        if name:
            self._positions.pop(name, None)
            self._sink.forget(self._node, name)

    def _keep(self, damaged: Sequence[bytes]) -> None:
        """A person may still read what a machine cannot."""
        kept = [line for line in damaged if line.strip()]
        if not kept:
            return
        self._damaged += len(kept)
        path = self._current.with_name("damaged.jsonl")
        log.warning("%d damaged journal lines are kept in %s", len(kept), path)
        with open(lines.opened(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab") as file:
            file.writelines(line.rstrip(b"\n") + b"\n" for line in kept)

    def _rotate(self) -> None:
        try:
            if self._current.stat().st_size < self._rotate_bytes:
                return
        except FileNotFoundError:
            return
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        target = self._current.with_name(f"{self._current.stem}-{stamp}-{time.time_ns() % 10**9:09d}.jsonl")
        self._current.rename(target)

    def _position(self, name: str) -> int:
        if name not in self._positions or name in self._unsure:
            self._positions[name] = self._sink.position(self._node, name)
            self._unsure.discard(name)
        return self._positions[name]

    def _left(self, path: Path) -> int:
        with open(lines.opened(path), "rb") as file:
            return os.fstat(file.fileno()).st_size - self._positions.get(lines.identity(file), 0)
