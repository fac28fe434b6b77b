"""How long a start is waited for, with real processes that compute or sleep, and a clock of the test's own."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from harness.polling import until
from trunkline.node import patience
from trunkline.node.patience import MOST_SECONDS, WORTH, Patience
from trunkline.node.supervise import Process

STILL = 45.0  # s
COMPUTES = "while True: pass"
# As Kamailio, whose children load the routing code.
HAS_A_CHILD_COMPUTE = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {COMPUTES!r}])"
SLEEPS = "import signal; signal.pause()"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@contextmanager
def part(code: str):
    """A process with a group of its own, as supervisord starts them."""
    process = subprocess.Popen([sys.executable, "-c", code], process_group=0)
    try:
        yield Process("clear", "RUNNING", process.pid, 0, "")
    finally:
        subprocess.run(["pkill", "-KILL", "--pgroup", str(process.pid)], check=True)
        process.wait()


def computed(process: Process, seconds: float) -> None:
    until(lambda: patience.cpu_seconds().get(process.pid, 0.0) >= seconds, what=f"it took {seconds} s of CPU time")


def test_nothing_gets_anywhere(clock):
    waiting = Patience(STILL, clock)
    assert not waiting.ends(["clear"], [], "")
    clock.now += STILL
    assert not waiting.ends(["clear"], [], "")
    clock.now += 1
    assert waiting.ends(["clear"], [], "")


@pytest.mark.parametrize("code", [COMPUTES, HAS_A_CHILD_COMPUTE])
def test_a_part_that_computes_is_waited_for(clock, code):
    waiting = Patience(STILL, clock)
    with part(code) as process:
        for _ in range(3):
            computed(process, patience.cpu_seconds().get(process.pid, 0.0) + WORTH)
            clock.now += STILL + 1
            assert not waiting.ends(["clear"], [process], "")


def test_but_not_for_ever(clock):
    waiting = Patience(STILL, clock)
    with part(COMPUTES) as process:
        computed(process, WORTH)
        clock.now += MOST_SECONDS + 1
        assert waiting.ends(["clear"], [process], "")


def test_a_part_that_sleeps_is_not_waited_for(clock):
    waiting = Patience(STILL, clock)
    with part(SLEEPS) as process:
        waiting.ends(["clear"], [process], "")
        clock.now += STILL + 1
        assert waiting.ends(["clear"], [process], "")


def test_what_works_already_may_compute_as_it_likes(clock):
    waiting = Patience(STILL, clock)
    with part(COMPUTES) as process:
        waiting.ends(["ship"], [process], "")
        computed(process, WORTH)
        clock.now += STILL + 1
        assert waiting.ends(["ship"], [process], "")


def test_a_part_that_dies_again_and_again_is_not_waited_for(clock):
    waiting = Patience(STILL, clock)
    with part(SLEEPS) as first:
        waiting.ends(["clear"], [first], "")
    with part(COMPUTES) as second:
        computed(second, WORTH)
        clock.now += STILL + 1
        assert waiting.ends(["clear"], [second], "")


def test_each_part_that_comes_to_work_counts(clock):
    waiting = Patience(STILL, clock)
    parts = [Process(name, "RUNNING", 0, 0, "") for name in ("clear", "ship")]
    waiting.ends(["clear", "ship"], parts)
    clock.now += STILL
    waiting.ends(["ship"], parts)
    clock.now += STILL
    assert not waiting.ends(["ship"], parts)


def test_one_that_comes_and_goes_does_not(clock):
    waiting = Patience(STILL, clock)
    parts = [Process(name, "RUNNING", 0, 0, "") for name in ("clear", "ship")]
    waiting.ends(["ship"], parts)
    clock.now += STILL
    waiting.ends(["clear", "ship"], parts)
    clock.now += 1
    assert waiting.ends(["ship"], parts)


def test_a_store_that_is_being_filled_may_take_hours(clock):
    waiting = Patience(STILL, clock)
    for turn in range(100):
        clock.now += STILL
        assert not waiting.ends(["follow"], [], f"{turn} rows so far")
    clock.now += STILL + 1
    assert waiting.ends(["follow"], [], "99 rows so far")


def test_how_long_nothing_may_get_anywhere_can_be_said(clock):
    waiting = Patience(5, clock)
    clock.now += 6
    assert waiting.ends(["web"], [])
