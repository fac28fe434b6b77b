"""Keeps `edge.db` equal to the control plane: applies its changes in order and in place.

Kamailio's workers go on reading while this writes (SQLite's WAL), and see each transaction as a whole.

Only the database that filled the store is followed. An empty one in its place (its file was lost, the settings name
another) would otherwise empty the edge.
"""

import logging
import sqlite3
from collections.abc import Callable, Sequence

from trunkline.contract import store
from trunkline.contract.feed import Change, Database, Feed, Unavailable
from trunkline.node.sqlite import transaction

PORTION = 500  # changes a transaction: short enough for the resolver to get its turn to write
PAUSE = 0.5  # s between two looks for changes, which must be in force within 2 s

log = logging.getLogger(__name__)


class AnotherDatabase(Unavailable):
    """The database is not the one that this node follows; the text says which it is, and what to do."""


class StoreLost(Unavailable):
    """The store's file was deleted or replaced; the text says what to do."""


class Follower:
    """A `part.Part`. `progress` is called now and then during a rebuild, which can take a minute."""

    def __init__(self, feed: Feed, connection: sqlite3.Connection, progress: Callable[[], None] = lambda: None):
        self._feed, self._db, self._progress = feed, connection, progress
        self._inode = store.inode(connection)
        self._head, self._followed = -1, Database("", "")
        self._rebuilding = 0  # rows written so far by a rebuild in progress

    def facts(self) -> dict[str, object]:
        """`followed` is where the changes come from, `trouble` why not from the replica that is wanted."""
        followed = {"followed": self._followed.place, "trouble": self._followed.trouble}
        return {"sequence": store.sequence(self._db), "head": self._head, "rebuilding": self._rebuilding} | followed

    def step(self) -> bool:
        """Apply one portion of what is outstanding. Raises Unavailable, sqlite3.OperationalError (a full disk)."""
        self._check_in_place()
        have = store.sequence(self._db)
        database = self._followed = self._feed.database()
        self._head = self._feed.head()
        wish = store.wish(self._db)
        if have < 0 or (wish and wish == database.identity):
            self._rebuild(database)
            return True
        self._recognise(database)
        if have == self._head:
            return False
        changes = self._feed.changes(have, PORTION)
        # Not the next change: the changes after ours were pruned, or (none at all) the database was put back to an
        # earlier state.
        if not changes or changes[0].sequence != have + 1:
            self._rebuild(database)
        else:
            self._apply(database, changes)
        return True

    def _check_in_place(self) -> None:
        """Raises StoreLost: what is written into a lost file would be gone with the next start."""
        if store.inode(self._db) != self._inode:
            raise StoreLost(
                "edge.db was deleted or replaced while the node runs. Calls go on with what it knew, changes do not "
                "reach it: restart the node (`trunkline down`, then `trunkline up`) to have it filled again"
            )

    def _recognise(self, database: Database) -> None:
        """Raises AnotherDatabase. A store that was filled before identities were noted takes the first it meets."""
        noted = store.identity(self._db)
        if not noted:
            with transaction(self._db):
                store.set_identity(self._db, database.identity)
        elif noted != database.identity:
            raise AnotherDatabase(
                f"{database.place} (identity {database.identity}, change {self._head}) is not the database that this "
                f"node follows (identity {noted}, change {store.sequence(self._db)}). Put the right one back, or run "
                "`trunkline node adopt` to take everything from this one"
            )

    def _apply(self, database: Database, changes: Sequence[Change]) -> None:
        # An entity is read as it is now, which may already be the work of a later change; that one then applies
        # it again. So a portion needs each entity once only, at the place of its last change.
        last = {(change.kind, change.entity_id): change.sequence for change in changes}
        entities = [(kind, entity_id) for (kind, entity_id), _ in sorted(last.items(), key=lambda item: item[1])]
        rows = [(kind, entity_id, self._feed.entity(kind, entity_id)) for kind, entity_id in entities]
        _check_same(database, self._feed.database().identity)
        with transaction(self._db):  # only now: no lock is held while the network is waited for
            for kind, entity_id, entity in rows:
                store.put(self._db, kind, entity_id, entity)
            store.set_sequence(self._db, changes[-1].sequence)

    def _rebuild(self, database: Database) -> None:
        have = store.sequence(self._db)
        log.info("rebuilding the edge's store from sequence %d to %d of %s", have, self._head, database.place)
        snapshot = self._feed.snapshot()
        _check_same(database, snapshot.identity)
        try:
            with transaction(self._db):
                store.clear(self._db)
                for portion in snapshot.portions:
                    rows = {table: list(table_rows) for table, table_rows in portion.items()}
                    store.insert(self._db, rows)
                    self._rebuilding += sum(map(len, rows.values()))
                    self._progress()
                store.set_sequence(self._db, snapshot.sequence)
                store.set_identity(self._db, snapshot.identity)
            log.info("rebuilt: %d rows, sequence %d", self._rebuilding, snapshot.sequence)
        finally:
            self._rebuilding = 0
        # A rebuild grows the log file to the size of everything; give the disk back.
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _check_same(database: Database, identity: str) -> None:
    """Raises Unavailable when what was read is of two databases; the next step finds out which is there."""
    if identity != database.identity:
        raise Unavailable(f"another database took the place of {database.place} while it was read")
