"""`python -m bench.writes`: what 200 calls a second cost an edge while the dashboard writes, and while nobody does.

The writes are what a node makes of them: changes of numbers, put into the edge's own store as `follow` does, ten a
second, by a process of its own, after each of which every worker looks what it was. In turn, round after round; a ratio
of 1 means that writing costs the calls nothing.
"""

import argparse
import json
import multiprocessing
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench import calls, latency, load
from bench.addresses import lease
from bench.dialog import DialogError
from bench.ours import Trunkline, hosted
from bench.systems import StartError
from trunkline.contract import store

PER_SECOND = 10
INVITES = 300  # timed one by one in each turn


@contextmanager
def writing(system: Trunkline):
    """Number after number is changed."""
    writer = multiprocessing.get_context("spawn").Process(target=_write, args=(system.home.store,), daemon=True)
    writer.start()
    try:
        yield
    finally:
        writer.terminate()
        writer.join()


def _write(path: Path) -> None:
    connection = store.open_writer(path)
    sequence = store.sequence(connection)
    while True:
        time.sleep(1 / PER_SECOND)
        sequence += 1
        n = sequence % 10 + 1
        row = {"id": n, "e164": hosted(n - 1), "account_id": 1, "forward": "[]"}
        connection.execute("BEGIN IMMEDIATE")
        store.put(connection, "number", n, {"number": [row]})
        store.set_sequence(connection, sequence)
        connection.execute("COMMIT")


@contextmanager
def nothing(_system: Trunkline):
    yield


def measure(block: str, rate: int, rounds: int, seconds: float, say) -> dict[str, float]:
    """CPU s per 1,000 calls and p50 of INVITE in to out, ms, left alone and written to, and the ratios."""
    dialled = load.numbers_to_dial(calls.DIALLED)
    system = Trunkline(f"{block}.10", f"{block}.20", f"{block}.31")
    costs: dict[str, list[float]] = {"alone": [], "written": []}
    times: dict[str, list[float]] = {"alone": [], "written": []}
    try:
        system.start()
        for n in range(rounds):
            turns = [("alone", nothing), ("written", writing)]
            for name, during in turns if n % 2 else turns[::-1]:
                with during(system):
                    result = load.run(system, f"{block}.30", system.carrier, rate, seconds, dialled)
                    times[name] += latency.measure(system, f"{block}.32", dialled, INVITES)
                costs[name].append(result.cpu_per_1000)
                verdict = "" if result.sustained else ", NOT SUSTAINED"
                say(f"{name}: {costs[name][-1]:.2f} CPU s per 1,000 calls{verdict}")
    finally:
        system.stop()
    cost = {name: round(median(found), 2) for name, found in costs.items()}
    time = {name: round(median(found), 2) for name, found in times.items()}
    return {
        "cpu": cost, "cpu ratio": round(cost["alone"] / cost["written"], 3),
        "p50 ms": time, "p50 ratio": round(time["alone"] / time["written"], 3),
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.writes", description=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6)
    arguments = parser.parse_args()
    calls.raise_descriptor_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of every __exit__: no engine stays behind
    say = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    try:
        with lease() as block:
            print(json.dumps(measure(block, arguments.rate, arguments.rounds, arguments.seconds, say)))
    except (StartError, load.LoadError, DialogError, TimeoutError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
