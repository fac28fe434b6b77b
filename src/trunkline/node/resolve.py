"""Keeps an answer for every host name of the edge's store, so that no call ever waits for DNS.

The last good answer serves until there is another: a name server that is silent changes nothing for the calls.
"""

import asyncio
import heapq
import json
import logging
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from trunkline.contract import store
from trunkline.dns.locate import Asker, Known, Located, locate
from trunkline.dns.resolver import Unanswered
from trunkline.node.part import PASSING, Reporter
from trunkline.node.sqlite import transaction

TTL_FLOOR, TTL_CAP, NEGATIVE_CAP = 5, 3600, 60  # s
RETRY_FLOOR = 5.0  # s after a question that nobody answered; doubles up to NEGATIVE_CAP
EARLY = 0.9  # the share of a TTL after which an answer is renewed, so that it is fresh when it is used
AT_ONCE = 50  # names being asked for at the same time
LOOK = 0.2  # s between two looks for names that appeared
SWEEP = 3600.0  # s between two looks for names that nobody uses

log = logging.getLogger(__name__)


class Name(NamedTuple):
    host: str
    port: int
    transport: str


@dataclass(slots=True)
class State:
    """What is known of one name. Times in s, by the clock that nobody sets."""

    due: float  # when it is asked for next
    answered: float | None = None  # None: never
    failures: int = 0  # questions in a row that nobody answered
    servers: Known = field(default_factory=dict)


class Resolver:
    """Owns the `resolution` table. `own` are names that mean this service itself, which the edge never looks up."""

    def __init__(
        self, asker: Asker, connection: sqlite3.Connection, *, ipv6: bool = False, own: frozenset[str] = frozenset()
    ):
        connection.execute("PRAGMA busy_timeout = 200")  # ms; DNS must not wait for a rebuild of the store
        self._asker, self._db, self._ipv6, self._own = asker, connection, ipv6, own
        self._states: dict[Name, State] = {}
        self._due: list[tuple[float, Name]] = []
        self._busy: set[asyncio.Task] = set()
        self._unsaved: dict[Name, tuple[Located, float]] = {}
        self._last_id, self._version = 0, -1
        self._problem = ""
        self._fault: BaseException | None = None

    def facts(self) -> dict[str, object]:
        """`unanswered`: names whose last question got no answer; `stalest`: s since the oldest of those had one."""
        now = time.monotonic()
        unanswered = [state for state in self._states.values() if state.failures]
        stalest = max((now - state.answered for state in unanswered if state.answered is not None), default=0.0)
        return {
            "names": len(self._states),
            "unanswered": len(unanswered),
            "never": sum(state.answered is None for state in unanswered),
            "stalest": round(stalest, 1),
            "reason": self._problem if unanswered else "",
        }

    def load(self) -> None:
        """Take over what an earlier process left: its answers are renewed when they are due, not all at once."""
        for row in self._db.execute(_KEPT).fetchall():
            name = Name(row["host"], row["port"], row["transport"])
            if row["targets"] in (None, "[]"):
                self._add(name, 0.0)
            else:
                # The clock may have been wrong when it was saved, or have been set since.
                left = min(row["expires"] - time.time(), TTL_CAP)
                now = time.monotonic()
                self._add(name, now + left - TTL_FLOOR, answered=now + min(left, 0.0))
            self._last_id = max(self._last_id, row["id"])

    def tick(self) -> None:
        """Notice names that appeared, ask for those that are due, save what came in. Never waits for DNS.

        Raises RuntimeError where a question has ended by a fault of ours: nobody would ask for its name again.
        """
        if self._fault:
            raise RuntimeError("a question to DNS has ended by a fault of ours") from self._fault
        self._notice()
        now = time.monotonic()
        while self._due and self._due[0][0] <= now and len(self._busy) < AT_ONCE:
            due, name = heapq.heappop(self._due)
            state = self._states.get(name)
            if state and state.due == due:  # else: swept up meanwhile, and perhaps come back
                task = asyncio.create_task(self._ask(name, state))
                self._busy.add(task)
                task.add_done_callback(self._is_done)
        self._save()

    def _is_done(self, task: asyncio.Task) -> None:
        self._busy.discard(task)
        if not task.cancelled():
            self._fault = self._fault or task.exception()

    async def settle(self) -> None:
        """Wait until something being asked for is done, or LOOK has passed."""
        if self._busy:
            await asyncio.wait(self._busy, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(LOOK)

    async def sweep(self, path: Path) -> int:
        """Forget the names that nobody uses any more; returns how many there were. `path` is the store's.

        The long read holds no lock. A name that is written meanwhile loses its mark by the store's triggers.
        """
        with transaction(self._db):
            self._db.execute("UPDATE name SET unused = 1")
        used = await asyncio.to_thread(_used, path)
        gone = 0
        with transaction(self._db):
            for row in self._db.execute("SELECT host, port, transport FROM name WHERE unused = 1").fetchall():
                name = Name(*row)
                if name not in used:
                    self._db.execute("DELETE FROM name WHERE host = ? AND port = ? AND transport = ?", name)
                    self._db.execute("DELETE FROM resolution WHERE host = ? AND port = ? AND transport = ?", name)
                    self._states.pop(name, None)
                    self._unsaved.pop(name, None)
                    gone += 1
            self._db.execute("UPDATE name SET unused = 0 WHERE unused = 1")
            newest = self._db.execute("SELECT coalesce(max(id), 0) FROM name").fetchone()[0]
            self._last_id = min(self._last_id, newest)  # SQLite gives the ids of deleted newest rows again
        return gone

    def _notice(self) -> None:
        version = self._db.execute("PRAGMA data_version").fetchone()[0]  # changes when another process commits
        if version == self._version:
            return
        rows = self._db.execute(
            "SELECT id, host, port, transport FROM name WHERE id > ? ORDER BY id", (self._last_id,)
        ).fetchall()
        self._version = version
        for row in rows:
            self._add(Name(*row[1:]), 0.0)
            self._last_id = row["id"]

    def _add(self, name: Name, due: float, answered: float | None = None) -> None:
        if name not in self._states and name.host not in self._own:
            self._states[name] = State(due, answered)
            heapq.heappush(self._due, (due, name))

    async def _ask(self, name: Name, state: State) -> None:
        answer = None
        try:
            located = await locate(self._asker, *name, self._ipv6, state.servers)
        except Unanswered as error:
            state.failures += 1
            self._problem = str(error)
            if state.answered is None:  # the edge should say why there is no target
                answer = Located([], str(error), 0), time.time()
            pause = min(RETRY_FLOOR * 2 ** min(state.failures - 1, 8), NEGATIVE_CAP)
        else:
            state.answered, state.failures = time.monotonic(), 0
            ttl = min(max(located.ttl, TTL_FLOOR), TTL_CAP if located.targets else NEGATIVE_CAP)
            answer = located, time.time() + ttl
            pause = ttl * EARLY
        if self._states.get(name) is not state:  # swept up while it was asked for
            return
        if answer:
            self._unsaved[name] = answer
        state.due = time.monotonic() + pause
        heapq.heappush(self._due, (state.due, name))

    def _save(self) -> None:
        """Write what came in. While a rebuild holds the store it is kept for a later tick."""
        if not self._unsaved:
            return
        rows = [
            # In one order, whatever order a name server gives them in: the same answer once more touches nothing.
            (*name, json.dumps(sorted(found.targets)), found.problem, expires)
            for name, (found, expires) in self._unsaved.items()
        ]
        try:
            with transaction(self._db):
                self._db.executemany(_KEEP, rows)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        else:
            self._unsaved.clear()


async def run(resolver: Resolver, reporter: Reporter, stop: threading.Event, path: Path) -> None:
    """Resolve until `stop` is set. `path` is the store's."""
    resolver.load()
    swept = time.monotonic()
    while not stop.is_set():
        try:
            resolver.tick()
            if time.monotonic() - swept > SWEEP:
                swept = time.monotonic()
                log.info("%d names are not used any more", await resolver.sweep(path))
            reporter.well(resolver.facts())
        except PASSING as error:
            reporter.trouble(str(error), resolver.facts())
        await resolver.settle()


def _used(path: Path) -> set[Name]:
    connection = store.open_reader(path)
    try:
        return {Name(*row) for row in connection.execute(_IN_USE)}
    finally:
        connection.close()


_KEEP = """
INSERT INTO resolution VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET targets = excluded.targets, problem = excluded.problem, expires = excluded.expires
"""
_KEPT = """
SELECT n.id, host, port, transport, r.expires, r.targets
FROM name n LEFT JOIN resolution r USING (host, port, transport)
"""
_IN_USE = """
SELECT DISTINCT lower(value->>'host'), value->>'port', value->>'transport' FROM number, json_each(forward)
UNION SELECT lower(host), port, transport FROM carrier
"""
