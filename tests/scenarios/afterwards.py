"""What is left of a call that was disturbed: one record, no count, no media; and audio, where it goes on."""

import re

import pytest

from harness import placing
from scenarios.parties import Pair, forgotten
from trunkline.sandbox import sdp
from trunkline.sandbox.call import AUTO
from trunkline.sandbox.incoming import IncomingCall

SIDES = pytest.mark.parametrize("side", ["near", "far"])
DIRECTIONS = pytest.mark.parametrize("direction", ["in", "out"])


def account(pair: Pair) -> int:
    return pair.edge.call_events(called=pair.called)[0]["account"]


async def closed(pair: Pair, last: str = "end") -> list:
    """One record, nothing counted and no media is left, and the Call-ID is free; the call's events."""
    events = await pair.events(last)
    assert [e["event"] for e in events if e["event"] in ("end", "finish")] == [last]
    assert len(pair.edge.journal(event="setup", called=pair.called)) == 1
    await forgotten(pair.edge, pair.near)
    assert placing.active(pair.edge, account(pair)) == 0
    claimed = pair.edge.rpc("htable.dump", "claimed")
    assert pair.near.call_id not in [entry["name"] for slot in claimed for entry in slot["slot"]]
    return events


async def hear_again(pair: Pair) -> None:
    """What is sent from now on is heard."""
    for call in (pair.near, pair.far):
        call.respond = None
        call.audio.forget()
    await pair.talk()


async def hung_up(pair: Pair) -> list:
    assert (await pair.near.bye()).code == 200
    await pair.far.hung_up()
    return await closed(pair)


def refuse(call, method: str, code: int) -> None:
    call.respond = lambda request: call.agent.response(request, code) if request.method == method else None


async def hold(call, method: str, style: str) -> int:
    """Offer to hold the call; the status that it gets."""
    body = call.make_offer("sendrecv" if style == "0.0.0.0" else style)
    if style == "0.0.0.0":  # RFC 2543's way
        body = re.sub(rb"c=IN IP4 \S+", b"c=IN IP4 0.0.0.0", body)
    return (await call.send(method, body, [("Content-Type", sdp.TYPE)])).code


async def respond(call: IncomingCall, code: int, without: str = "") -> None:
    """Send a response once, behind whatever was sent before."""
    response = await call._with_contact(code, AUTO, None)
    if without:
        response.remove(without)
    call.agent._transmit(response, call.transaction.flow)
