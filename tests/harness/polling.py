"""Waiting for a condition instead of for a length of time."""

import time
from collections.abc import Callable

PATIENCE = 30.0  # s; a limit that only bounds a failure must hold on a machine that is busy with other tests


def until(condition: Callable[[], object], seconds: float = PATIENCE, what: str = "") -> object:
    """Poll until `condition()` is true and return its value; fails the test when it does not become true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what or condition}"
        time.sleep(0.02)
    return value
