"""Backing the database up, and restoring it, while nodes go on with their calls."""

import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, connections

from trunkline.control import database
from trunkline.control.backups import contents, postgresql, sqlite
from trunkline.control.backups.contents import BackupError, Contents
from trunkline.control.errors import DatabaseLater
from trunkline.settings import Settings

_DATED = "trunkline-%Y%m%d-%H%M%S.backup"
_SECOND = "trunkline-%Y%m%d-%H%M%S_%f.backup"  # one that is begun in the same second; it sorts behind the first
_IS_DATED = re.compile(r"trunkline-\d{8}-\d{6}(_\d{6})?\.backup")
_IS_HALF = re.compile(rf"\.{_IS_DATED.pattern}-\w{{8}}(-journal|-wal|-shm|\.migrate)?")  # see `_beside`
HALF_SECONDS = 12 * 3600  # without a change; whoever wrote it is gone


def place_for(where: Path) -> Path:
    """The file for a backup: `where` itself, or in it, if it is a folder, one with the time in its name."""
    if not where.is_dir():
        return where
    now = datetime.now(UTC)
    place = where / now.strftime(_DATED)
    return where / now.strftime(_SECOND) if place.exists() else place


def back_up(target: Path, replace: bool = False) -> Contents:
    """Write the database to a file that only its owner can read, and read it back. Raises BackupError,
    DatabaseUnavailable; `target` is then what it was."""
    if target.exists() and not replace:
        raise BackupError(f"{target} exists already: name another file, or say --replace")
    engine = _engine()
    if engine is sqlite and not _file().exists():
        raise BackupError(f"{database.place()} is not there: there is nothing to back up")
    with _beside(target) as path, database.plain_words():
        try:
            wanted = sqlite.dump(_file(), path) if engine is sqlite else postgresql.dump(path)
        except sqlite3.Error as error:
            raise BackupError(f"{_upper(database.place())} cannot be copied to {target}: {error}") from error
        if not wanted.migrations:
            raise BackupError(f"{database.place()} has no tables yet: there is nothing to back up")
        found = engine.read(path)
        if found != wanted:
            raise BackupError(f"the copy differs from the database, in rows of {wanted.differences(found)}")
        _to_the_disk(path)
        os.replace(path, target)
    return found


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove all but the `keep` newest dated backups in a folder, and what is left of those that were killed; what is
    gone. Those of a later time than now are from when the clock was wrong, and not newer than the one made just now."""
    now, there = datetime.now(UTC), sorted(folder.iterdir())
    dated = [path for path in there if _IS_DATED.fullmatch(path.name) and path.name <= now.strftime(_SECOND)]
    halves = [path for path in there if _IS_HALF.fullmatch(path.name)]
    gone = dated[:-keep] + [path for path in halves if path.stat().st_mtime < now.timestamp() - HALF_SECONDS]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def restore(path: Path, settings: Settings, replace: bool = False) -> Contents:
    """Make the database of the settings what the backup is, brought up to today's schema.

    Nodes may run: each finds its place in the changes gone, and takes everything anew. Raises BackupError,
    DatabaseUnavailable; nothing has changed then, unless the text says otherwise.
    """
    from trunkline.control.audit import recording
    from trunkline.control.audit.services import DATABASE

    engine = _engine()
    found = _checked(path, engine)
    now = _present()
    if now.used and not replace:
        raise BackupError(
            f"{database.place()} is not empty ({now.words}). Back it up first, then say --replace if the backup is to "
            "take its place"
        )
    sequence = contents.later_sequence(found.sequence, now.sequence)
    if engine is postgresql:
        postgresql.load(path, found, sequence)
        database.close()
        database.migrate()
    else:
        _restore_sqlite(path, settings, sequence)
    with database.plain_words():  # in the restored log, which knows nothing of what was there instead
        recording.happened_to_all(DATABASE, path.name, "restored from a backup")
    return found


def _restore_sqlite(path: Path, settings: Settings, sequence: int) -> None:
    """By way of a copy, so that what nodes see is of today's schema from the first moment."""
    target = _file()
    with _beside(target) as copy:
        aside = settings.database.model_copy(update={"url": f"sqlite:///{copy}"})
        try:
            sqlite.load(path, copy)
            database.setup(settings.model_copy(update={"database": aside}))
            database.migrate()
            database.close()
            sqlite.set_sequence(copy, sequence)
            sqlite.load(copy, target)
        except sqlite3.Error as error:
            raise BackupError(f"{path} cannot be restored to {target}, which is unchanged: {error}") from error
        finally:
            database.setup(settings)


def _engine():
    return sqlite if connections[DEFAULT_DB_ALIAS].vendor == "sqlite" else postgresql


def _file() -> Path:
    return Path(connections.settings[DEFAULT_DB_ALIAS]["NAME"])


def _checked(path: Path, engine) -> Contents:
    """What is in a backup. Raises BackupError when it cannot be restored here."""
    try:
        with open(path, "rb") as file:
            start = file.read(len(sqlite.MAGIC))
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}") from error
    if not start.startswith((sqlite.MAGIC, postgresql.MAGIC)):
        raise BackupError(f"{path} is not a backup: `trunkline backup` writes SQLite files and archives of pg_dump")
    if not start.startswith(engine.MAGIC):
        of, here = ("PostgreSQL", "SQLite") if engine is sqlite else ("SQLite", "PostgreSQL")
        raise BackupError(f"{path} is of {of}, and the settings name {here}: name a {of} database in database.url")
    found = engine.read(path)
    if not found.migrations:
        raise BackupError(f"{path} is not a backup of Trunkline's database: its tables are not in it")
    if later := database.strange(found.migrations):
        raise BackupError(f"{path} was made by a later Trunkline (it has {later}): restore it with that version")
    return found


@dataclass(frozen=True, slots=True)
class _Present:
    used: bool
    words: str
    sequence: int


def _present() -> _Present:
    """What is in the database of the settings, with its tables made where they are missing. One of a later Trunkline
    has all of ours, as migrations only add, and may be left by this way alone."""
    with suppress(DatabaseLater):
        database.migrate()
    from trunkline.control.accounts.models import Account
    from trunkline.control.calls.models import Call
    from trunkline.control.changes.models import Counter
    from trunkline.control.numbers.models import Number
    from trunkline.control.users.models import User

    with database.plain_words():
        counted = {"accounts": Account, "numbers": Number, "users": User, "calls": Call}
        counts = {word: model.objects.count() for word, model in counted.items()}
        sequence = Counter.objects.values_list("sequence", flat=True).get(pk=1)
    words = ", ".join(f"{count} {word}" for word, count in counts.items())
    return _Present(bool(sequence or any(counts.values())), words, sequence)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """An empty file in the same folder, its owner's alone, that is gone afterwards unless it was renamed."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    except OSError as error:
        raise BackupError(f"{target.parent} cannot be written: {error.strerror}. Name another folder") from error
    os.close(handle)
    try:
        yield Path(name)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror}") from error
    finally:
        for suffix in ("", "-journal", "-wal", "-shm", ".migrate"):
            Path(f"{name}{suffix}").unlink(missing_ok=True)


def _to_the_disk(path: Path) -> None:
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]
