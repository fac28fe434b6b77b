"""SQLite by its online backup: a copy of one moment, while others write. A backup is one plain SQLite file.

https://www.sqlite.org/backup.html
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from trunkline.control.backups.contents import COUNTER, MIGRATIONS, BackupError, Contents, migrations
from trunkline.control.database import LOCK_WAIT_S

MAGIC = b"SQLite format 3\0"
RETRY_S = 0.01  # between two looks whether the file is still locked


def dump(source: Path, target: Path) -> Contents:
    """Copy the database into the empty file `target`; what is in the source at that moment. Raises sqlite3.Error."""
    with closing(_open(source, "ro")) as connection, closing(_open(target, "rw")) as copy:
        connection.execute("BEGIN")  # the copy takes the moment that this transaction reads
        contents = _contents(connection)
        connection.backup(copy, progress=_patience(source), sleep=RETRY_S)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without others beside it
    return contents


def read(path: Path) -> Contents:
    """Look through a whole backup. Raises BackupError when it is damaged."""
    try:
        with closing(_open(path, "ro")) as connection:
            faults = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
            if faults != ["ok"]:
                raise BackupError(f"{path} is damaged: {faults[0]}. Take another backup")
            if connection.execute("PRAGMA foreign_key_check").fetchone():
                raise BackupError(f"{path} is damaged: rows in it point at rows that are missing. Take another backup")
            return _contents(connection)
    except sqlite3.Error as error:
        raise BackupError(f"{path} is damaged: {error}. Take another backup") from error


def load(source: Path, target: Path) -> None:
    """Make the database what the backup is, in one transaction; its file stays, with whoever has it open.

    Raises BackupError, sqlite3.Error.
    """
    with closing(_open(source, "ro")) as backup, closing(_open(target, "rw")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        backup.backup(connection, progress=_patience(target), sleep=RETRY_S)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def set_sequence(path: Path, sequence: int) -> None:
    """Continue the change log at `sequence`, with none of the changes before it."""
    with closing(_open(path, "rw")) as connection, _transaction(connection):
        connection.execute("DELETE FROM changes_change")
        connection.execute(f"UPDATE {COUNTER} SET sequence = ?", (sequence,))  # noqa: S608 - constant


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=LOCK_WAIT_S
    )


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")


def _patience(path: Path) -> Callable[[int, int, int], None]:
    """sqlite3 tries for ever when the file is locked; this ends it."""
    deadline = time.monotonic() + LOCK_WAIT_S

    def look(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
            raise BackupError(
                f"{path} has been locked by another process for {LOCK_WAIT_S} s. Try again when it is done"
            )

    return look


def _contents(connection: sqlite3.Connection) -> Contents:
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    ours = sorted(name for name in names if not name.startswith("sqlite_"))
    rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in ours}  # noqa: S608
    if not {MIGRATIONS, COUNTER} <= rows.keys():
        return Contents(rows, frozenset(), "", 0)
    applied = connection.execute(f"SELECT app, name FROM {MIGRATIONS}").fetchall()  # noqa: S608 - constant
    found = connection.execute(f"SELECT * FROM {COUNTER}")  # noqa: S608 - constant
    counter = dict(zip((column[0] for column in found.description), found.fetchone(), strict=True))
    return Contents(rows, migrations(applied), counter.get("identity", ""), counter["sequence"])
