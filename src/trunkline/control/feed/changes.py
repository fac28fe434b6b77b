"""`contract.feed.Feed` over the database: what a node follows."""

from collections.abc import Iterator

from django.db import connections, transaction

from trunkline.contract.feed import Change, Database, Snapshot
from trunkline.contract.store import Rows
from trunkline.control.changes import models
from trunkline.control.database import SNAPSHOT, place
from trunkline.control.feed import rows
from trunkline.control.feed.available import available


class DatabaseFeed:
    """Usable from any thread; each has its own connection."""

    def database(self) -> Database:
        with available():
            return Database(models.Counter.objects.get(pk=1).identity, place())

    def head(self) -> int:
        with available():
            return models.Counter.objects.get(pk=1).sequence

    def changes(self, after: int, limit: int) -> list[Change]:
        with available():
            found = models.Change.objects.filter(sequence__gt=after).order_by("sequence")[:limit]
            return [Change(*row) for row in found.values_list("sequence", "kind", "entity_id")]

    def entity(self, kind: str, entity_id: int) -> Rows:
        with available():
            return rows.entity(kind, entity_id)

    def snapshot(self) -> Snapshot:
        """Everything as of one moment. The portions are to be taken by the thread that called; a connection of
        their own keeps that moment, and lets it and others write meanwhile. Closing the iterator gives it up."""
        portions = _portions()
        sequence, identity = next(portions)
        return Snapshot(sequence, portions, identity)


def _portions() -> Iterator:
    """First the sequence and the identity, then the rows, all in one transaction."""
    with available():
        try:
            with transaction.atomic(using=SNAPSHOT):
                counter = models.Counter.objects.using(SNAPSHOT).get(pk=1)
                yield counter.sequence, counter.identity
                yield from rows.everything(SNAPSHOT)
        finally:
            connections[SNAPSHOT].close()
