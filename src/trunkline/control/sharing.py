"""An SQLite database that root's processes and the dashboard's, which is none of root's, write to.

The file stays root's and in root's folder, where nobody else can put another in its place; its group may write to it.
SQLite gives the two files beside it the owner and the mode of the file itself. Only root can make these two, so
somebody must keep the database open for as long as the dashboard runs: whoever closes it last removes them.
"""

import os
from contextlib import suppress

from django.db import DEFAULT_DB_ALIAS, connections

from trunkline.control.database import plain_words


def share(group: int) -> None:
    """As root: let a group write to the database, and leave it open. Raises DatabaseUnavailable."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "sqlite":
        return
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):  # SQLite makes the others
            path = f"{connection.settings_dict['NAME']}{suffix}"
            os.chown(path, -1, group)
            os.chmod(path, 0o660)
    hold()


def hold() -> None:
    """Open the database until this process ends. Raises DatabaseUnavailable."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "sqlite":
        with plain_words(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_master")
            cursor.fetchall()
