"""The log files of the parts: their last lines, and the lines as they come.

Kamailio logs what strangers write, a Call-ID for one. What a terminal might take for an order is replaced; so are the
zeros that a power cut leaves in a file, which no database takes.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

CHUNK = 65536
POLL = 0.25


def parts(folder: Path) -> list[str]:
    """The parts that have a log."""
    return sorted(path.stem for path in folder.glob("*.log"))


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a file, oldest first; [] when there is no file. Reads no more of it than it must."""
    try:
        with open(path, "rb") as file:
            end = file.seek(0, 2)
            content = b""
            while end and content.count(b"\n") <= lines:
                size = min(CHUNK, end)
                end -= size
                file.seek(end)
                content = file.read(size) + content
    except FileNotFoundError:
        return []
    found = content.decode("utf-8", "replace").splitlines()[-lines:] if lines else []
    return [_shown(line) for line in found]


def follow(paths: dict[str, Path], stopped: Callable[[], bool]) -> Iterator[tuple[str, str]]:
    """The (part, line) pairs that are written from now on, across rotations, until `stopped()`."""
    files = {name: _Growing(path) for name, path in paths.items()}
    while not stopped():
        quiet = True
        for name, file in files.items():
            for line in file.lines():
                quiet = False
                yield name, line
        if quiet:
            time.sleep(POLL)


class _Growing:
    """A file that grows, and may be renamed and begun anew."""

    def __init__(self, path: Path):
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""
        self._open(at_end=True)

    def lines(self) -> list[str]:
        found = self._read()
        if self._replaced():
            found += self._read()  # what came between the last read and the renaming
            self._open(at_end=False)
            found += self._read()
        return found

    def _open(self, at_end: bool) -> None:
        if self._file:
            self._file.close()
        try:
            self._file = open(self._path, "rb")  # noqa: SIM115 - kept open as long as we follow it
        except FileNotFoundError:
            self._file = None
            return
        if at_end:
            self._file.seek(0, 2)

    def _read(self) -> list[str]:
        if not self._file:
            return []
        *whole, self._rest = (self._rest + self._file.read()).split(b"\n")
        return [_shown(line.decode("utf-8", "replace")) for line in whole]

    def _replaced(self) -> bool:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return False
        return self._file is None or status.st_ino != os.fstat(self._file.fileno()).st_ino


def _shown(line: str) -> str:
    return line if line.isprintable() else "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in line)
