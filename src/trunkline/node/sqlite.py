"""A write transaction on the edge's store."""

import sqlite3
from contextlib import contextmanager


@contextmanager
def transaction(connection: sqlite3.Connection):
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK on any exception. Raises sqlite3.OperationalError when another writer
    holds the store for longer than the connection's timeout."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself may have rolled back, as on a full disk
            connection.execute("ROLLBACK")
        raise
