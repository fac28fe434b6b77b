"""The frame of a part of the node that runs for ever: take a step, say how it went, wait, again.

What a part says of itself is a small JSON file in the home's `run` folder: `time` and `since` (Unix time, s: of this
word, and of the last step that went well), `problem` ('' or plain words), and the part's own facts.
"""

import json
import logging
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from trunkline.contract.feed import Unavailable

# What passes by itself or by an operator's hand while the part goes on: the database away, a disk full, a
# store locked by another writer. Anything else is a fault of ours: it ends the process, which is restarted.
PASSING = (Unavailable, sqlite3.OperationalError, OSError)

FRESH = 1.0  # s; a word that says nothing else is published no more often than this

log = logging.getLogger(__name__)


class Part(Protocol):
    def step(self) -> bool:
        """Do what is to be done; True when there is more at once. May raise one of PASSING."""

    def facts(self) -> Mapping[str, object]:
        """What status should show; JSON values, and nothing secret."""


class Reporter:
    """Publishes how a part fares, and logs where an outage begins and where it ends, once each."""

    def __init__(self, path: Path):
        self._path, self._problem, self._well = path, "", 0.0
        self._said: tuple[object, float] = None, 0.0

    def well(self, facts: Mapping[str, object]) -> None:
        if self._problem:
            log.warning("works again, after: %s", self._problem)
        self._problem, self._well = "", time.time()
        self._publish(facts)

    def trouble(self, problem: str, facts: Mapping[str, object]) -> None:
        if not self._problem:
            log.warning("%s; still trying", problem)
        self._problem = problem
        self._publish(facts)

    def _publish(self, facts: Mapping[str, object]) -> None:
        said = (self._problem, dict(facts))
        if said == self._said[0] and time.monotonic() - self._said[1] < FRESH:
            return
        self._said = said, time.monotonic()
        draft = self._path.with_suffix(".draft")
        text = json.dumps({"time": time.time(), "since": self._well, "problem": self._problem, **facts})
        try:
            draft.write_text(text)
            os.replace(draft, self._path)
        except OSError as error:  # the status grows old, which health shows; the work matters more
            log.warning("cannot write %s: %s", self._path, error)


def read_status(path: Path) -> dict[str, object] | None:
    """What a part last said of itself; None when it never spoke."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None


def run(part: Part, reporter: Reporter, stop: threading.Event, pause: float) -> None:
    """Step until `stop` is set, `pause` seconds apart, or at once while there is more to do."""
    while not stop.is_set():
        more = False
        try:
            more = part.step()
            reporter.well(part.facts())
        except PASSING as error:
            reporter.trouble(str(error) or repr(error), part.facts())
        if not more:
            stop.wait(pause)


def run_beside(part: Part, reporter: Reporter, stop: threading.Event, pause: float, after: float = 0.0) -> None:
    """Run in a thread beside another part, from `after` seconds on. A fault of ours sets `stop`, so that the process
    ends and is started anew."""

    def work() -> None:
        try:
            stop.wait(after)
            run(part, reporter, stop, pause)
        finally:
            stop.set()

    threading.Thread(target=work, daemon=True).start()


def stop_on_signal() -> threading.Event:
    """An event that SIGTERM and SIGINT set, so that a part ends between two steps."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
