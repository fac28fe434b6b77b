"""What strangers write gets into the log, and from there to the terminal of whoever reads it."""

import contextlib

import pytest

from harness.polling import until
from trunkline.node import logs

pytestmark = pytest.mark.engines

ORDER = "\x1b]0;owned\x07"  # to a terminal: this is your title now


async def test_the_log_gives_a_terminal_no_orders(own_edge, agent):
    edge, ua = own_edge(limits={"requests_per_10s": 10}), await agent()

    def told() -> list[str]:
        return [line for line in logs.tail(edge.home.log / "kamailio.log", 200) if "is banned" in line]

    for n in range(11):
        with contextlib.suppress(TimeoutError):
            headers = [("Call-ID", f"{ORDER}{n}@{ua.address}")]
            await ua.request("OPTIONS", edge.uri("ping"), edge.udp, headers=headers, timeout=0.5)
    until(lambda: told(), what="the ban is logged")
    assert "owned" in told()[0]
    assert all(line.isprintable() for line in told())
