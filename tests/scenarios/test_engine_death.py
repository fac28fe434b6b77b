"""Kamailio dies in the middle of calls: what is said within them afterwards still arrives and is recorded."""

import signal

import pytest

from scenarios.parties import kinds, one, talking

pytestmark = pytest.mark.engines


async def test_calls_outlive_kamailio(own_edge, agent):
    edge = own_edge()
    pairs = {
        "caller": await talking(edge, agent, "out"),
        "callee": await talking(edge, agent, "in"),
        "held": await talking(edge, agent, "in", "udp", "tls"),
    }
    edge.kill("kamailio", signal.SIGKILL)
    await pairs["caller"].talk()  # the media relay is another process
    edge.start_engine("kamailio")
    edge.wait_ready()

    assert (await pairs["held"].near.reinvite("sendonly")).code == 200
    await pairs["held"].near.bye()
    await pairs["caller"].near.bye()
    await pairs["caller"].far.hung_up()
    await pairs["callee"].far.bye()
    await pairs["callee"].near.hung_up()
    for name, by in (("caller", "caller"), ("callee", "callee"), ("held", "caller")):
        events = await pairs[name].events("end")
        assert kinds(events) == ["setup", "attempt", "answer", "end"]
        assert one(events, "end")["by"] == by
