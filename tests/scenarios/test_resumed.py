"""Calls that rang when Kamailio ended, and are answered through the next one, which knows no more of them than their
answer proves; the media relay has their offer."""

import asyncio
import re
from contextlib import suppress

import pytest

from harness import placing
from harness.polling import PATIENCE
from scenarios.parties import (
    RINGING,
    Pair,
    kinds,
    received,
    ringing_behind_a_challenge,
    ringing_in,
    ringing_out,
)

pytestmark = pytest.mark.engines


async def answered_by_the_next(pair: Pair) -> None:
    await pair.far.ring()
    await pair.near.provisional(180)
    await asyncio.to_thread(pair.edge.restart, "kamailio")
    await pair.far.answer(headers=[("Server", "far-side")])
    assert (await pair.near.final()).code == 200
    await pair.far.confirmed()


async def without_offer(edge, agent) -> Pair:
    return await ringing_out(edge, agent, sdp=None)


async def encrypted(edge, agent) -> Pair:
    """A PBX with SRTP calls a carrier, whose leg is plain."""
    ua = await agent(name="pbx")
    ua.srtp = True
    key, carrier = edge.key(), await agent(name="far")
    prefix = edge.route(edge.carrier(carrier.address, carrier.port()))
    near = await placing.dial(edge, ua, key, f"+{prefix}001")
    return Pair(near, await carrier.next_call(), edge, f"{prefix}001")


@pytest.mark.parametrize("ringing", [*RINGING.values(), without_offer, encrypted, ringing_behind_a_challenge])
async def test_the_parties_talk_and_hang_up(own_edge, agent, ringing):
    pair = await ringing(own_edge(), agent)
    await answered_by_the_next(pair)
    *_, answer = received(pair.near.agent, b"SIP/2.0 200")
    assert (answer.cseq, answer.get("Server")) == (pair.near.request.cseq, None)
    assert pair.far.agent.address.encode() not in bytes(answer), "nothing of the far side passes"
    await pair.talk()
    assert (await pair.far.reinvite("sendonly")).code == 200
    assert (await pair.far.reinvite("sendrecv")).code == 200
    await pair.talk()
    assert (await pair.far.bye()).code == 200
    await pair.near.hung_up()
    assert kinds(await pair.events("end"))[-2:] == ["answer", "end"]


async def test_another_answer_is_turned_away(own_edge, agent):
    """As that of a fork, or of a target that was given up."""
    pair = await ringing_in(own_edge(), agent)
    await answered_by_the_next(pair)
    answer = next(e.data for e in pair.far.agent.trace.entries if e.sent and e.data.startswith(b"SIP/2.0 200"))
    tag = re.search(rb"To:[^\r]*;tag=([^;\r]+)", answer)[1]
    await pair.far.agent.send_raw(answer.replace(tag, b"another"), pair.edge.udp)
    await pair.near.send("OPTIONS")  # it is answered behind the answer
    others = [r for r in received(pair.near.agent, b"SIP/2.0 200") if r.get("To").endswith("another")]
    assert [r.body for r in others] == [b""]
    await pair.talk()
    await pair.far.bye()
    assert kinds(await pair.events("end")) == ["setup", "attempt", "progress", "answer", "end"]


async def test_an_answer_that_describes_nothing_ends_the_call(own_edge, agent):
    pair = await ringing_out(own_edge(), agent)
    pair.far._description = lambda: b""
    await answered_by_the_next(pair)
    await pair.far.hung_up()
    await pair.near.hung_up(PATIENCE)
    end = (await pair.events("end"))[-1]
    assert (end["by"], end["reason"]) == ("edge", "the SDP of the answer cannot be used: there is none")


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_nothing_is_recorded_of_an_answer_that_the_caller_cannot_get(own_edge, agent, transport):
    """Its connection ended with Kamailio, and only it can open another one."""
    pair = await ringing_out(own_edge(), agent, transport)
    await pair.far.ring()
    await pair.near.provisional(180)
    await asyncio.to_thread(pair.edge.restart, "kamailio")
    await pair.far.answer()
    with suppress(TimeoutError):  # until the edge gives up the connection of whoever it goes to
        await pair.far.bye(timeout=1)
    assert kinds(await pair.events("end")) == ["setup", "attempt", "progress", "end"]


async def test_nobody_is_connected_to_a_caller_who_has_left(own_edge, agent):
    """Its CANCEL reaches nobody, but whoever answers then is not put through, nor is that recorded and paid for."""
    pair = await ringing_out(own_edge(), agent)
    await pair.far.ring()
    await pair.near.provisional(180)
    await asyncio.to_thread(pair.edge.restart, "kamailio")
    assert (await pair.near.cancel()).code == 481
    await pair.far.answer()
    await pair.far.bye()
    assert kinds(await pair.events("end")) == ["setup", "attempt", "progress", "end"]


@pytest.mark.parametrize(("length", "kept"), [(100, True), (2000, False)])
async def test_strangers_fill_no_memory_by_cancelling(own_edge, agent, length, kept):
    edge, stranger = own_edge(), await agent()
    call_id = length * "x"
    assert (await stranger.request("CANCEL", edge.uri("1"), edge.udp, headers=[("Call-ID", call_id)])).code == 481
    known = [entry["name"] for slot in edge.rpc("htable.dump", "over") for entry in slot["slot"]]
    assert (call_id in known) is kept


async def test_one_whose_record_is_closed_is_not_taken_up(own_edge, agent):
    """Its answer is passed on without a description, and its caller ends it."""
    edge = own_edge()
    pair = await ringing_out(edge, agent)
    await pair.far.ring()
    await pair.near.provisional(180)
    await asyncio.to_thread(edge.restart, "kamailio")
    uid = (await pair.events("progress"))[0]["call"]
    edge.rpc("htable.seti", "over", uid, 1)
    await pair.far.answer()
    assert (await pair.near.final()).body == b""
    await pair.near.bye()
    assert "answer" not in kinds(edge.call_events(called=pair.called))
