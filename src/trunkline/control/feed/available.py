"""What a broken database is to a node."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.signals import connection_created

from trunkline.contract.feed import Unavailable
from trunkline.control.database import close, place, plain_words
from trunkline.control.errors import DatabaseUnavailable


@contextmanager
def available() -> Iterator[None]:
    """Raise Unavailable for any trouble with the database, whose connection is made afresh next time."""
    try:
        _look_at_the_file()
        with plain_words():
            yield
    except DatabaseUnavailable as error:
        raise Unavailable(str(error)) from error


def _look_at_the_file() -> None:
    """SQLite goes on with a file that was removed or replaced: what it reads is old then, and what it writes is lost.

    Raises DatabaseUnavailable when there is no file; connecting would make one, empty and for all to read.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "sqlite":
        return
    there = _file(connection)
    if there is None:
        close()
        raise DatabaseUnavailable(f"{place()} is gone: stop the node, put the file back, and start the node")
    if connection.connection is not None and getattr(connection, "opened_file", None) != there:
        close()


def _note_the_file(connection, **_) -> None:
    if connection.vendor == "sqlite":
        connection.opened_file = _file(connection)


connection_created.connect(_note_the_file)


def _file(connection) -> tuple[int, int] | None:
    """The device and inode behind the database's path."""
    try:
        status = os.stat(connection.settings_dict["NAME"])
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
