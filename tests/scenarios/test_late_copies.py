"""A copy of a request that comes when Kamailio has forgotten its transaction: RFC 6026 has it absorbed for 32 s, and a
network, or a user agent that was held up, delivers it that late."""

import pytest

from harness.node import eventually
from scenarios.parties import kinds, talking

pytestmark = [pytest.mark.engines, pytest.mark.long]

FORGOTTEN = 15  # s, in which tm lets a transaction go that is over


async def forgotten(edge) -> None:
    await eventually(lambda: edge.rpc("tm.stats")["current"] == 0, FORGOTTEN, "tm has freed every transaction")


def last_sent(agent, method: str) -> bytes:
    """The newest request of a method, as it went out."""
    start = method.encode() + b" "
    return next(e.data for e in reversed(agent.trace.entries) if e.sent and e.data.startswith(start))


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_a_call_is_placed_once(edge, agent, direction):
    pair = await talking(edge, agent, direction)
    copy = last_sent(pair.near.agent, "INVITE")
    branch = pair.near.request.branch
    assert any(branch in entry["name"] for slot in edge.rpc("htable.dump", "begun") for entry in slot["slot"])
    await forgotten(edge)
    await pair.near.agent.send_raw(copy, edge.udp)
    await pair.near.bye()  # it is answered behind the copy
    events = await pair.events("end")
    assert kinds(events) == ["setup", "attempt", "answer", "end"]
    assert len(edge.journal(event="setup", called=pair.called)) == 1
    with pytest.raises(TimeoutError):
        await pair.far.agent.next_call(timeout=0.3)
