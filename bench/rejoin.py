"""`python -m bench.rejoin`: how long a node takes until it serves, the first time and after a power cut.

The first time its store is filled from the database; the second time it is there, and changes were made meanwhile.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import cpu, filling
from bench.addresses import lease
from trunkline.home import Home
from trunkline.node import part, probes
from trunkline.settings import Settings

LIMIT = 300.0  # s, of a start
STEP = 0.02  # s between two questions
DEFAULTS = {"web": {"enabled": False}, "sandbox": {"enabled": False}, "media": {"relays": 1}}


class RejoinError(Exception):
    """A node did not come up; the text has what it said."""


@dataclass(frozen=True, slots=True)
class Start:
    """s from the beginning of `trunkline up`: until OPTIONS is answered 200, until `up` says that every part works, and
    until every change is in force; `cpu`: s of CPU time that all of it took; `steps`: what `up` said."""

    answers: float
    ready: float
    level: float
    cpu: float
    steps: list[str]


class Node:
    def __init__(self, folder: str, address: str):
        self.settings = Settings(home=folder, sip={"address": address}, **DEFAULTS)
        self.home = Home(self.settings.home)
        self._environment = os.environ | {
            "TRUNKLINE_HOME": folder, "TRUNKLINE_SIP__ADDRESS": address, "TRUNKLINE_WEB__ENABLED": "false",
            "TRUNKLINE_SANDBOX__ENABLED": "false", "TRUNKLINE_MEDIA__RELAYS": "1",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }  # fmt: skip

    def start(self, head: int) -> Start:
        """Up, until change number `head` is in force. Raises RejoinError."""
        began = time.monotonic()
        words = [sys.executable, "-m", "trunkline", "up", "--detach", "--no-check"]
        answered: list[float] = []
        before = _children_seconds()
        asking = threading.Thread(target=self._ask, args=(began, answered))
        asking.start()
        ran = subprocess.run(words, env=self._environment, capture_output=True, text=True, timeout=LIMIT)
        ready = time.monotonic() - began
        asking.join()
        if ran.returncode or not answered:
            raise RejoinError(f"{ran.stdout}\n{ran.stderr}")
        while (part.read_status(self.home.status("follow")) or {}).get("sequence") != head:
            if time.monotonic() - began > LIMIT:
                raise RejoinError(f"change {head} is not in force within {LIMIT:g} s")
            time.sleep(STEP)
        steps = [line.strip() for line in ran.stdout.splitlines() if " s  " in line]
        level, used = time.monotonic() - began, _children_seconds() - before + cpu.seconds(self._processes())
        return Start(*(round(value, 2) for value in (answered[0], ready, level, used)), steps)

    def _ask(self, began: float, answered: list[float]) -> None:
        while time.monotonic() - began < LIMIT and not answered:
            with suppress(probes.Silent, OSError):
                if probes.sip_options(self.settings.sip_address, self.settings.sip.port, 0.2) == 200:
                    answered.append(time.monotonic() - began)
            time.sleep(STEP)

    def cut_power(self) -> None:
        """Kill every process of the node, and wait until none is left."""
        deadline = time.monotonic() + LIMIT
        while found := self._processes():
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if time.monotonic() > deadline:
                raise RejoinError(f"processes {found} do not die")
            time.sleep(STEP)

    def _processes(self) -> list[int]:
        mark, found = os.fsencode(f"TRUNKLINE_HOME={self.home.root}"), []
        for folder in Path("/proc").iterdir():
            with suppress(OSError):
                alive = folder.name.isdigit() and (folder / "cmdline").read_bytes()
                if alive and mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        return found


def _children_seconds() -> float:
    """CPU time of the commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _node(block: str):
    with tempfile.TemporaryDirectory(prefix="rejoin-") as folder:
        os.chmod(folder, 0o711)  # the engines run as users of their own
        node = Node(folder, f"{block}.10")
        try:
            yield node
        finally:
            node.cut_power()


def starts(numbers: int, changes: int) -> Iterator[tuple[str, Start]]:
    """`first`, with so many numbers in the database, then `again`, with so many of them forwarded elsewhere meanwhile.
    The node is up while the caller has one of them."""
    from trunkline import control

    with lease() as block, _node(block) as node:
        control.setup(node.settings)
        control.migrate()
        from trunkline.control import services
        from trunkline.control.feed import DatabaseFeed

        filling.fill(numbers, calls=1)
        yield "first", node.start(DatabaseFeed().head())
        node.cut_power()
        for number in services.numbers.listing().filter(account__isnull=False)[:changes]:
            services.numbers.forward(number, "sip:elsewhere@203.0.113.10")
        yield "again", node.start(DatabaseFeed().head())
        control.database.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.rejoin", description=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--numbers", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=1_000, help="made while the node is down")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of every __exit__: no process stays behind
    try:
        found = dict(starts(arguments.numbers, arguments.changes))
    except RejoinError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(json.dumps({name: asdict(start) for name, start in found.items()}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
