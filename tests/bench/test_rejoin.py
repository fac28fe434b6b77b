"""The measurement of a node that rejoins: it comes up twice, and takes little CPU time for it."""

import contextlib
import statistics

import pytest

from bench import rejoin
from harness import cpu

pytestmark = [pytest.mark.engines, pytest.mark.long]

# The CPU time of Python with its libraries, which ten processes need; eight to twelve times that is usual. Where that
# takes 0.4 s, as on the machine of docs/reliability.md, the node is ready within 10 s if one CPU is free.
TIMES = 25


def test_it_measures():
    """Each start is held against what the libraries took just before and after it: a busy machine makes both dearer."""
    found, before = [], [cpu.reference(), cpu.reference()]
    with contextlib.closing(rejoin.starts(numbers=200, changes=10)) as starts:
        for name, start in starts:
            found.append(name)
            after = [cpu.reference(), cpu.reference()]
            assert start.answers > 0
            assert start.ready <= start.level
            assert any("engines and services" in step for step in start.steps), start
            assert 0.5 < start.cpu < TIMES * statistics.median(before + after), (start, before, after)
            before = after
    assert found == ["first", "again"]
