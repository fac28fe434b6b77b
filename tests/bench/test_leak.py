"""Short calls leave nothing behind: no port, no call in the media relay, no count; and memory stays where it was."""

import pytest
from bench.ours import Trunkline

from bench import calls, leak

pytestmark = [pytest.mark.engines, pytest.mark.long]


def test_short_calls_leave_nothing_behind(addresses):
    """A few of them, which say nothing of memory yet; `python -m bench.leak` places 10,000."""
    calls.raise_descriptor_limit()
    caller, own, carrier, pbx = (addresses.take() for _ in range(4))
    system = Trunkline(own, carrier, pbx)
    try:
        system.start()
        left = leak.left_behind(system, caller, count=300, rate=100, warm=100, seconds=10, memory=False)
        assert left == {}
    finally:
        system.stop()
        for address in (caller, own, carrier, pbx):
            addresses.give_back(address)


def test_what_grows_is_named():
    before = leak.Held(0, 20, 0, 0, 30_000, 20_000, 40_000)
    after = leak.Held(1, 24, 0, 0, 30_500, 40_000, 39_000)
    assert after.more_than(before, memory=True) == {"calls": 1, "sockets": 4, "kamailio": 20_000}
