"""A sink in one SQLite file, and a process that ships into it: `python shipping.py JOURNAL DATABASE STATUS`."""

import json
import sqlite3
import sys
from pathlib import Path

from trunkline.contract.feed import Unavailable
from trunkline.node.part import Reporter, run, stop_on_signal
from trunkline.node.ship import Shipper

SCHEMA = """
CREATE TABLE IF NOT EXISTS line (event TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS place (file TEXT PRIMARY KEY, position INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (stores INTEGER);
"""


class SqliteSink:
    """A `contract.feed.Sink`. A line that comes twice is an error here: positions alone must prevent that."""

    def __init__(self, path):
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._db.executescript(f"PRAGMA journal_mode = WAL;{SCHEMA}")
        self.down = False
        self.settled = []

    def position(self, node, file):
        self._up()
        row = self._db.execute("SELECT position FROM place WHERE file = ?", (file,)).fetchone()
        return row[0] if row else 0

    def store(self, node, file, events, position, since=None):
        self._up()
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if since is not None and since != self.position(node, file):
                raise Unavailable("restored")
            for event in events:
                self._db.execute("INSERT INTO line VALUES (?)", (json.dumps(event),))
            self._db.execute("INSERT OR REPLACE INTO place VALUES (?, ?)", (file, position))
            self._db.execute("INSERT INTO counter VALUES (1)")
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def settle(self, node, files, up, before):
        self._up()
        self.settled.append((set(files), up, before))

    def forget(self, node, file):
        self._up()
        self._db.execute("DELETE FROM place WHERE file = ?", (file,))

    def count(self, table="line"):
        return self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our names

    def copy_to(self, backup):
        self._db.backup(backup)

    def copy_from(self, backup):
        backup.backup(self._db)

    def _up(self):
        if self.down:
            raise Unavailable("the database is gone")


if __name__ == "__main__":
    current, database, status = map(Path, sys.argv[1:])
    shipper = Shipper(SqliteSink(database), "node1", current, rotate_bytes=50_000, quiet=0.5)
    run(shipper, Reporter(status), stop_on_signal(), pause=0.01)
