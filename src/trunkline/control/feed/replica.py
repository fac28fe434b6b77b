"""`contract.feed.Feed` over a replica, as long as that is not behind: else over the database itself.

The database is asked for one row, its newest sequence, at each look; what takes work is read from the replica. When
that lacks what the database had LAG_S ago, is away, or is no copy of it, the database is followed, so that a change is
in force as soon as without a replica. When the database is away, the replica is followed alone.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

from django.conf import settings
from django.db import Error, connections

from trunkline.contract.feed import Change, Database, Snapshot, Unavailable
from trunkline.contract.store import Rows
from trunkline.control.database import REPLICA, REPLICA_SNAPSHOT, place
from trunkline.control.feed.changes import DatabaseFeed

LAG_S = 0.5
ANSWER_S = 1.0
AGAIN_S = 5.0  # between two questions to one that refused us


def following(have: Callable[[], int]):
    """The Feed that the settings want. `have` tells the sequence that the node is at."""
    return ReplicaFeed(have) if settings.TRUNKLINE.database.replica_url else DatabaseFeed()


class ReplicaFeed:
    """For one thread. `database` chooses, and the other methods read from what it chose."""

    def __init__(
        self,
        have: Callable[[], int],
        primary: DatabaseFeed | None = None,
        replica: DatabaseFeed | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        primary, replica = primary or DatabaseFeed(), replica or DatabaseFeed(REPLICA, REPLICA_SNAPSHOT, _available)
        self._have, self._clock = have, clock
        self._primary, self._replica = _Patient(primary, clock), _Patient(replica, clock)
        self._chosen, self._head = primary, 0
        self._lacking: tuple[int, float] | None = None  # what the replica has not reached, and since when

    def database(self) -> Database:
        """Raises Unavailable when neither can be followed."""
        first = self._primary.standing()
        if isinstance(first, Unavailable):
            return self._without_primary(first)
        second = self._replica.standing()
        trouble = self._trouble(first, second)
        if trouble:
            self._chosen, (database, self._head) = self._primary.feed, first
            return database._replace(trouble=trouble)
        self._chosen, (database, self._head) = self._replica.feed, second
        return _as_replica(database)

    def head(self) -> int:
        return self._head

    def changes(self, after: int, limit: int) -> list[Change]:
        return self._chosen.changes(after, limit)

    def entity(self, kind: str, entity_id: int) -> Rows:
        return self._chosen.entity(kind, entity_id)

    def snapshot(self) -> Snapshot:
        return self._chosen.snapshot()

    def _without_primary(self, why: Unavailable) -> Database:
        """Not where the replica lacks what the node has: its past would become the node's present."""
        second = self._replica.standing()
        if isinstance(second, Unavailable):
            raise why
        database, self._head = second
        database = _as_replica(database)
        if self._head < self._have():
            raise Unavailable(f"{why}; and {database.place} lacks changes that this node has")
        self._chosen, self._lacking = self._replica.feed, None
        return database

    def _trouble(self, first: tuple[Database, int], second: tuple[Database, int] | Unavailable) -> str:
        """Why the replica cannot be followed now; '' when it can."""
        if isinstance(second, Unavailable):
            return str(second)
        (database, newest), (copy, head) = first, second
        if copy.identity != database.identity:
            return f"{copy.place} is no replica of {database.place}: see database.replica_url in the settings"
        if head < newest:
            return self._lag(head, newest, copy)
        self._lacking = None
        if (
            head > newest
        ):  # asked later, it may have what the database had not; else it was promoted, and goes its own way
            now = self._primary.standing()
            if isinstance(now, Unavailable) or now[1] < head:
                return f"{copy.place} has changes that {database.place} has not: is it a replica still?"
        return ""

    def _lag(self, head: int, newest: int, copy: Database) -> str:
        now = self._clock()
        if self._lacking is None or head >= self._lacking[0]:
            self._lacking = newest, now
        if now - self._lacking[1] < LAG_S and head >= self._have():
            return ""
        return f"the replica, {copy.place}, is {newest - head} changes behind"


def _as_replica(database: Database) -> Database:
    return database._replace(place=f"the replica, {database.place}")


class _Patient:
    """Asks a feed how it stands, in a thread of its own: a frozen server never answers, nor does its socket end."""

    def __init__(self, feed: DatabaseFeed, clock: Callable[[], float]):
        self.feed, self._clock = feed, clock
        self._thread = ThreadPoolExecutor(1)
        self._asked: Future | None = None
        self._refused: tuple[Unavailable, float] | None = None  # and when it is asked again

    def standing(self) -> tuple[Database, int] | Unavailable:
        if self._refused and self._clock() < self._refused[1]:
            return self._refused[0]
        if self._asked is None or self._asked.done():
            self._asked = self._thread.submit(self.feed.standing)
            wait([self._asked], ANSWER_S)
        if not self._asked.done():
            return Unavailable(f"{self.feed.place()} does not answer")
        try:
            found = self._asked.result()
        except Unavailable as error:
            self._refused = error, self._clock() + AGAIN_S
            return error
        self._refused = None
        return found


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except Error as error:
        for alias in (REPLICA, REPLICA_SNAPSHOT):
            connections[alias].close()
        text = " ".join(str(error).split()).rstrip(".")
        raise Unavailable(f"the replica, {place(REPLICA)}, does not serve us: {text}") from error
