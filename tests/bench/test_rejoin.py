"""The measurement of a node that rejoins: it comes up twice, and takes little CPU time for it."""

import pytest

from bench import rejoin
from harness import cpu

pytestmark = pytest.mark.engines

# The CPU time of Python with its libraries, which ten processes need; eight to twelve times that is usual. Where that
# takes 0.4 s, as on the machine of docs/reliability.md, the node is ready within 10 s if one CPU is free.
TIMES = 25


def test_it_measures():
    references = [cpu.reference() for _ in range(3)]
    found = rejoin.measure(numbers=200, changes=10)
    references += [cpu.reference() for _ in range(3)]
    for start in found.values():
        assert start.answers > 0
        assert start.ready <= start.level
        assert any("engines and services" in step for step in start.steps), start
        assert 0.5 < start.cpu < TIMES * min(references), references
