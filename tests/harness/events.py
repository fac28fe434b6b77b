"""The events of an edge's journal, each line read once: tests that share an edge ask for them thousands of times."""

import os
import threading
from pathlib import Path

from trunkline.contract import journal
from trunkline.contract.journal import Event


class Events:
    def __init__(self, file: Path):
        self._path, self._lock = file, threading.Lock()  # conditions are asked in threads
        self._begin((0, 0))

    def _begin(self, file: tuple[int, int]) -> None:
        self._file, self._offset, self._events = file, 0, []

    def all(self) -> list[Event]:
        """Those of every whole line so far, in order; another file in its place, or a cut one, is read anew."""
        with self._lock:
            self._read()
            return self._events

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                found = os.fstat(file.fileno())
                if (found.st_dev, found.st_ino) != self._file or found.st_size < self._offset:
                    self._begin((found.st_dev, found.st_ino))
                file.seek(self._offset)
                lines, newline, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            self._begin((0, 0))
            return
        self._offset += len(lines) + len(newline)
        self._events += filter(None, map(journal.decode, lines.splitlines()))
