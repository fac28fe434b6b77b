"""Each message of a call over UDP lost once, and twice: the call succeeds, and one record with its times is left."""

import asyncio
import time

import pytest

from harness import placing
from scenarios.parties import RINGING, forgotten, kinds, one
from trunkline.sandbox.message import parse

pytestmark = pytest.mark.engines

# Who loses it, and on which way: what an agent sends, or what comes to it.
LOST = [
    ("near", "sent", "INVITE"),
    ("near", "came", "200 INVITE"),
    ("near", "sent", "ACK"),
    ("near", "sent", "UPDATE"),
    ("near", "came", "200 UPDATE"),
    ("near", "sent", "INFO"),
    ("near", "sent", "BYE"),
    ("near", "came", "200 BYE"),
    ("far", "came", "INVITE"),
    ("far", "sent", "200 INVITE"),
    ("far", "came", "ACK"),
    ("far", "came", "PRACK"),
    ("far", "sent", "200 PRACK"),
    ("far", "came", "UPDATE"),
    ("far", "sent", "200 INFO"),
    ("far", "came", "BYE"),
    ("far", "sent", "200 BYE"),
]


def label(data: bytes) -> str:
    message = parse(data)
    method = message.cseq[1]
    return f"{message.code} {method}" if hasattr(message, "code") else method


def lose(ua, way: str, what: str, times: int) -> list:
    """Have an agent lose the first messages of a kind; they are in the list."""
    lost = []

    def passes(data: bytes) -> bool:
        if len(lost) < times and data.strip() and label(data) == what:
            lost.append(data)
            return False
        return True

    if way == "sent":
        transmit = ua._transmit
        ua._transmit = lambda message, flow: passes(bytes(message)) and transmit(message, flow)
    else:  # its sockets were given the method itself
        receive = ua._sockets._datagrams._receive
        ua._sockets._datagrams._receive = lambda data, flow: passes(data) and receive(data, flow)
    return lost


async def survives(edge, agent, direction: str, loser: str, way: str, what: str, times: int) -> None:
    lost = []

    class Losing:
        """Makes the call's agents, of which one loses something from the beginning."""

        async def __call__(self, transport="udp", name="", **options):
            ua = await agent(transport, name=name, **options)
            side = "near" if name == {"in": "trunk", "out": "pbx"}[direction] else "far"
            if side == loser:
                lost.append(lose(ua, way, what, times))
            return ua

    began = time.time()
    pair = await RINGING[direction](edge, Losing())
    await pair.far.ring(reliable="PRACK" in what)
    await pair.near.provisional(180, 20)
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.far.confirmed(30)
    assert (await pair.near.update()).code == 200
    assert (await pair.near.info(b"x", "text/plain")).code == 200
    assert (await pair.near.bye(timeout=30)).code == 200
    await pair.far.hung_up(30)
    events = await pair.events("end")
    assert kinds(events) == ["setup", "attempt", "progress", "answer", "end"]
    assert began - 1 < events[0]["time"] <= events[2]["time"] <= one(events, "answer")["time"] <= events[-1]["time"]
    await forgotten(edge, pair.near)
    assert placing.active(edge, events[0]["account"]) == 0
    for method in ("UPDATE", "INFO", "PRACK", "BYE"):
        assert len([r for r in pair.far.requests if r.method == method]) <= 1, method
    assert lost[0]  # who gets an answer by another way sends no second copy to lose


@pytest.mark.parametrize("direction", ["in", "out"])
@pytest.mark.parametrize("times", [1, 2])
async def test_what_is_lost_is_made_good(edge, agent, direction, times):
    found = await asyncio.gather(*(survives(edge, agent, direction, *c, times) for c in LOST), return_exceptions=True)
    faults = {case: fault for case, fault in zip(LOST, found, strict=True) if fault is not None}
    assert not faults, faults
