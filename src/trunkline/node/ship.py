"""Ships the journal to the database: at least once, in order, into a sink that takes a line once only.

The edge appends to `edge.jsonl`. At a size we rename it to `edge-<time>.jsonl`; the edge's workers notice at their
next line and begin another. A renamed file goes when it is shipped whole and nobody has written to it for a while.
"""

import hashlib
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from trunkline.contract import journal
from trunkline.contract.feed import Sink

BATCH_LINES = 1000
BATCH_BYTES = 4_000_000
PAUSE = 0.3  # s between two looks for lines
# A worker that was about to write when the file was renamed still writes to it: wait for the slowest.
QUIET_SECONDS = 10.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    events: list[journal.Event] = field(default_factory=list)
    damaged: list[bytes] = field(default_factory=list)
    size: int = 0  # bytes of the file that it covers


class Shipper:
    """A `part.Part` for one journal folder. `rotate_bytes` is the size at which a file is closed."""

    def __init__(self, sink: Sink, node: str, current: Path, rotate_bytes: int, quiet: float = QUIET_SECONDS):
        self._sink, self._node, self._current = sink, node, current
        self._rotate_bytes, self._quiet = rotate_bytes, quiet
        self._positions: dict[str, int] = {}  # by a file's identity, what the sink last said or took
        self._unsure: set[str] = set()
        self._damaged, self._shipped, self._waiting = 0, 0, 0

    def facts(self) -> dict[str, object]:
        """`waiting`: bytes not yet in the database; `shipped` and `damaged`: lines since this process started."""
        try:
            self._waiting = sum(self._left(path) for path in self._files())
        except FileNotFoundError:  # the edge has yet to make the folder
            self._waiting = 0
        return {"waiting": self._waiting, "shipped": self._shipped, "damaged": self._damaged}

    def step(self) -> bool:
        """Ship one batch of each file, oldest file first. Raises Unavailable, OSError; nothing is lost by either."""
        more = False
        for path in self._files():
            more |= self._ship(path)
        self._rotate()
        return more

    def _files(self) -> Sequence[Path]:
        rotated = sorted(self._current.parent.glob(f"{self._current.stem}-*{self._current.suffix}"))
        return [*rotated, self._current] if self._current.exists() else rotated

    def _ship(self, path: Path) -> bool:
        with open(path, "rb") as file:
            name = _identity(file)
            position = self._position(name) if name else 0
            batch = _read(file, position)
            closed = path != self._current and time.time() - os.fstat(file.fileno()).st_mtime > self._quiet
        if batch.size:
            self._store(name, batch, position)
            return True
        if closed:
            self._finish(path, name, position)
        return False

    def _store(self, name: str, batch: Batch, position: int) -> None:
        # A failure may come after the commit, so the position is asked for again before the next attempt.
        self._unsure.add(name)
        self._sink.store(self._node, name, batch.events, position + batch.size)
        self._positions[name] = position + batch.size
        self._unsure.discard(name)
        self._shipped += len(batch.events)
        self._keep(batch.damaged)

    def _finish(self, path: Path, name: str, position: int) -> None:
        """Delete a file that will not grow any more; half a line at its end (from a full disk) is kept as damaged."""
        with open(path, "rb") as file:
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
        lines = [line for line in damaged if line.strip()]
        if not lines:
            return
        self._damaged += len(lines)
        path = self._current.with_name("damaged.jsonl")
        log.warning("%d damaged journal lines are kept in %s", len(lines), path)
        with open(path, "ab") as file:
            file.writelines(line.rstrip(b"\n") + b"\n" for line in lines)

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
        with open(path, "rb") as file:
            return os.fstat(file.fileno()).st_size - self._positions.get(_identity(file), 0)


def _identity(file: BinaryIO) -> str:
    """A name that a file keeps when it is renamed, and that no later file gets: an inode is used again after a
    deletion, but a first line, with its time and call, is not. '' while there is no whole line but empty ones."""
    file.seek(0)
    first = file.readline()
    while first == b"\n":
        first = file.readline()
    if not first.endswith(b"\n"):
        return ""
    return f"{os.fstat(file.fileno()).st_ino:x}-{hashlib.sha256(first).hexdigest()[:16]}"


def _read(file: BinaryIO, position: int) -> Batch:
    """The next whole lines from a position on; a half line at the end is left for later."""
    batch = Batch()
    file.seek(position)
    while len(batch.events) + len(batch.damaged) < BATCH_LINES and batch.size < BATCH_BYTES:
        line = file.readline()
        if not line.endswith(b"\n"):
            break
        batch.size += len(line)
        event = journal.decode(line)
        if event is None:
            batch.damaged.append(line)
        else:
            batch.events.append(event)
    return batch
