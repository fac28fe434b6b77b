"""The measurement of a node that rejoins: it comes up twice, and takes little CPU time for it."""

import pytest

from bench import rejoin

pytestmark = pytest.mark.engines

CPU_SECONDS = 10.0  # then it is ready within as many seconds where one CPU is free


def test_it_measures():
    found = rejoin.measure(numbers=200, changes=10)
    for start in found.values():
        assert start.answers > 0
        assert start.ready <= start.level
        assert any("engines and services" in step for step in start.steps), start
        assert 0.5 < start.cpu < CPU_SECONDS
