"""Waiting for a condition instead of for a length of time."""

import time
from collections.abc import Callable

PATIENCE = 30.0  # s; a limit that only bounds a failure must hold on a machine that is busy with other tests


def until(condition: Callable[[], object], seconds: float = PATIENCE, what: str = "") -> object:
    """Poll until `condition()` is true and return its value; fails the test when it does not become true."""
    deadline = time.monotonic() + seconds
    while True:
        asked = time.monotonic()
        if value := condition():
            return value
        answered = time.monotonic()
        assert answered < deadline, f"not within {seconds:g} s: {what or condition}"
        time.sleep(pause(answered - asked))


def pause(took: float) -> float:
    """How long to wait before a condition is asked again that took so long, s: some, a command of the node for one,
    would keep a CPU busy."""
    return min(max(0.02, 2 * took), 1.0)
