"""An offer within a call that is refused, in a glare for one, leaves the session as it was (RFC 3261 §14.1)."""

import asyncio

import pytest

from harness import placing
from harness.node import eventually
from scenarios.afterwards import SIDES, hear_again, hold, hung_up, refuse
from scenarios.parties import Pair, connected, inbound, sides, talking, to

pytestmark = pytest.mark.engines

OFFERING = pytest.mark.parametrize("method", ["INVITE", "UPDATE"])


@SIDES
@OFFERING
@pytest.mark.parametrize("style", ["sendonly", "inactive", "0.0.0.0"])
async def test_a_hold_that_is_refused_holds_nothing(edge, agent, side, method, style):
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    await pair.talk()
    for code in (488, 491):
        refuse(other, method, code)
        assert await hold(actor, method, style) == code
    await hear_again(pair)
    await hung_up(pair)


@OFFERING
async def test_a_hold_that_reaches_nobody_holds_nothing(edge, agent, method):
    """The other one's connection is gone, as behind a NAT, and its audio goes on."""
    pair = await talking(edge, agent, "out", "tcp", "udp")
    await pair.talk()
    pair.near.agent.stop_listening()
    pair.near.agent.drop_connections()
    await eventually(lambda: not connected(edge, pair.near.agent), what="the edge has noticed")
    assert await hold(pair.far, method, "inactive") == 480
    await hear_again(pair)


@SIDES
async def test_a_resumption_that_is_refused_leaves_the_hold(edge, agent, side):
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    assert (await actor.reinvite("inactive")).code == 200
    refuse(other, "INVITE", 491)
    assert await hold(actor, "INVITE", "sendrecv") == 491
    for call in (actor, other):
        call.audio.forget()
        call.audio.play(700)
    await other.audio.hear_silence()
    other.respond = None
    assert (await actor.reinvite("sendrecv")).code == 200
    await hear_again(pair)
    await hung_up(pair)


@SIDES
async def test_a_hold_that_is_refused_after_a_late_offer(edge, agent, side):
    """Offer and answer of the call went in its 200 and ACK."""
    pair = await talking(edge, agent, sdp=None)
    actor, other = sides(pair, side)
    await pair.talk()
    refuse(other, "INVITE", 491)
    assert await hold(actor, "INVITE", "inactive") == 491
    await hear_again(pair)
    await hung_up(pair)


async def between_encrypted(edge, agent, side: str) -> Pair:
    """An answered call, of which one side's audio is SRTP."""
    pbx, carrier = await agent(name="pbx"), await agent(name="carrier")
    if side == "near":
        pbx.srtp = True
        called = f"{edge.route(edge.carrier(carrier.address, carrier.port()))}001"
        near = await placing.dial(edge, pbx, edge.key(), f"+{called}")
        far = await carrier.next_call()
    else:
        scene = await inbound(edge, agent, to(pbx), account=edge.account(srtp="required"))
        near, called = await scene.dial(), scene.number
        far = await pbx.next_call()
    await far.answer()
    await near.final()
    await far.confirmed()
    assert (near.srtp, far.srtp) == (side == "near", side == "far")
    return Pair(near, far, edge, called)


@pytest.mark.parametrize("encrypted", ["", "near", "far"])
async def test_both_hold_at_once_and_then_one(edge, agent, encrypted):
    """RFC 3261 §14.1: both get 491, and one after the other tries again."""
    pair = await (between_encrypted(edge, agent, encrypted) if encrypted else talking(edge, agent))
    await pair.talk()
    for call in (pair.near, pair.far):
        refuse(call, "INVITE", 491)
    codes = await asyncio.gather(hold(pair.near, "INVITE", "sendonly"), hold(pair.far, "INVITE", "inactive"))
    assert codes == [491, 491]
    await hear_again(pair)
    assert (await pair.far.reinvite("inactive")).code == 200
    assert (await pair.far.reinvite("sendrecv")).code == 200
    await hear_again(pair)
    await hung_up(pair)
