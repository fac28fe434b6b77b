"""`python -m bench.followers`: what many nodes that follow one PostgreSQL cost it, and how soon a change is in all.

Each follower is a node's own, with a store of its own, and looks for changes as often; one process has them all, in a
thread each. Capacity is all the CPU time of this machine, which a real database would have to itself.
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench.postgresql import Server, postgresql
from trunkline.contract import store
from trunkline.settings import Settings

LATE_SECONDS = 30.0  # until a change that has not arrived is an error
POLL = 0.01


@dataclass(frozen=True, slots=True)
class Figures:
    """`load`: of the database's capacity, in percent, while nothing changes. Times are those of the slowest node."""

    nodes: int
    load: float
    changes: int
    median_ms: float
    worst_ms: float


class Nodes:
    """Followers that run from `__enter__` to `__exit__`."""

    def __init__(self, count: int, folder: Path):
        from trunkline.control.feed import DatabaseFeed
        from trunkline.node import follow, part

        self._stop, self._folder = threading.Event(), folder
        self._threads = []
        for n in range(count):

            def run(n: int = n) -> None:
                follower = follow.Follower(DatabaseFeed(), store.open_writer(self._store(n)))
                time.sleep(follow.PAUSE * n / count)  # nobody starts 50 nodes at once
                part.run(follower, part.Reporter(folder / f"{n}.json"), self._stop, follow.PAUSE)

            self._threads.append(threading.Thread(target=run))
        self._count = count

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def arrive(self, sequence: int) -> None:
        """Wait until the change is in every store. Raises TimeoutError."""
        deadline = time.monotonic() + LATE_SECONDS
        late = set(range(self._count))
        while late := {n for n in late if self._sequence(n) < sequence}:
            if time.monotonic() > deadline:
                raise TimeoutError(f"change {sequence} has not reached nodes {sorted(late)}")
            time.sleep(POLL)

    def _store(self, n: int) -> Path:
        return self._folder / f"{n}.db"

    def _sequence(self, n: int) -> int:
        try:
            connection = store.open_reader(self._store(n))
            try:
                return store.sequence(connection)
            finally:
                connection.close()
        except sqlite3.OperationalError:  # not made yet
            return -1


def measure(server: Server, count: int, changes: int, idle: float) -> Figures:
    from trunkline.control import database, services
    from trunkline.control.feed import DatabaseFeed

    database.migrate()
    account = services.accounts.create("bench")
    number = services.numbers.add("+999400000001", account)
    with tempfile.TemporaryDirectory() as folder, Nodes(count, Path(folder)) as nodes:
        nodes.arrive(DatabaseFeed().head())
        before, started = server.cpu_seconds(), time.monotonic()
        time.sleep(idle)
        busy = (server.cpu_seconds() - before) / (time.monotonic() - started)
        took = []
        for n in range(changes):
            services.numbers.forward(number, f"sip:{n}@192.0.2.1")
            began = time.monotonic()
            nodes.arrive(DatabaseFeed().head())
            took.append(1000 * (time.monotonic() - began))
    return Figures(count, round(100 * busy / os.cpu_count(), 2), changes, round(median(took)), round(max(took)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.followers", description=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--nodes", type=int, default=50)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--idle", type=float, default=10.0, help="s to measure the load for")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        server = stack.enter_context(postgresql())
        home = stack.enter_context(tempfile.TemporaryDirectory())
        from trunkline import control

        control.setup(Settings(home=home, database={"url": server.url}))
        stack.callback(control.database.close)
        print(json.dumps(asdict(measure(server, arguments.nodes, arguments.changes, arguments.idle))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
