"""`contract.feed.Feed` over the database: what a node follows."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from trunkline.contract.feed import Change, Database, Snapshot
from trunkline.contract.store import Rows
from trunkline.control.changes import models
from trunkline.control.database import SNAPSHOT, place
from trunkline.control.feed import rows
from trunkline.control.feed.available import available

type Available = Callable[[], AbstractContextManager]


class DatabaseFeed:
    """Usable from any thread; each has its own connection. `using` and `snapshot` are aliases of connections, the one
    for questions and the other for `snapshot`, `available` what makes their trouble Unavailable."""

    def __init__(self, using: str = DEFAULT_DB_ALIAS, snapshot: str = SNAPSHOT, available: Available = available):
        self._using, self._snapshot, self._available = using, snapshot, available

    def database(self) -> Database:
        return self.standing()[0]

    def head(self) -> int:
        return self.standing()[1]

    def place(self) -> str:
        return place(self._using)

    def standing(self) -> tuple[Database, int]:
        """Which database this is, and its newest sequence."""
        with self._available():
            counter = models.Counter.objects.using(self._using).get(pk=1)
            return Database(counter.identity, self.place()), counter.sequence

    def changes(self, after: int, limit: int) -> list[Change]:
        with self._available():
            found = models.Change.objects.using(self._using).filter(sequence__gt=after).order_by("sequence")[:limit]
            return [Change(*row) for row in found.values_list("sequence", "kind", "entity_id")]

    def entity(self, kind: str, entity_id: int) -> Rows:
        with self._available():
            return rows.entity(kind, entity_id, self._using)

    def snapshot(self) -> Snapshot:
        """Everything as of one moment. The portions are to be taken by the thread that called; a connection of
        their own keeps that moment, and lets it and others write meanwhile. Closing the iterator gives it up."""
        portions = self._portions()
        sequence, identity = next(portions)
        return Snapshot(sequence, portions, identity)

    def _portions(self) -> Iterator:
        """First the sequence and the identity, then the rows, all in one transaction."""
        with self._available():
            try:
                with transaction.atomic(using=self._snapshot):
                    counter = models.Counter.objects.using(self._snapshot).get(pk=1)
                    yield counter.sequence, counter.identity
                    yield from rows.everything(self._snapshot)
            finally:
                connections[self._snapshot].close()
