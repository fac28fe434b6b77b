"""Files in `store/` that a broken disk has damaged: nothing in them is worth more than a start.

`edge.db` is filled from the database again, and PBXs register again before long. So they are put aside, not mended.
"""

import contextlib
import sqlite3
from pathlib import Path

from trunkline.home import Home

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SIDE_FILES = ("", "-wal", "-shm")


def put_aside(home: Home) -> list[str]:
    """Rename what SQLite cannot read, while no engine runs; returns what was done, in plain words. Raises OSError when
    it cannot be told, as the disk gives nothing of a file.

    A quarter of a second for a million numbers.
    """
    lost = {home.store: "it is filled from the database", home.locations: "PBXs are reached when they register again"}
    return [f"{_move(path)} ({fault}): {words}" for path, words in lost.items() if (fault := _fault(path))]


def _fault(path: Path) -> str:
    if not path.exists():
        return ""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in _DAMAGE:
            raise OSError(f"{path} cannot be read: {error}") from error
        return str(error)
    return "" if found == "ok" else " ".join(found.split())


def _move(path: Path) -> str:
    aside = path.with_name(f"{path.name}.damaged")
    for end in _SIDE_FILES:
        aside.with_name(aside.name + end).unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(aside.with_name(aside.name + end))
    return f"{path.name} was damaged and is now {aside.name}"
