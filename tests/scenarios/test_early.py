"""Offers and answers that travel elsewhere than in INVITE and 200, and what is heard before the answer."""

import pytest

from harness.node import eventually
from scenarios.parties import (
    RINGING,
    answer_in_the_prack,
    describe_in_the_prack,
    forgotten,
    kinds,
    one,
    ringing_in,
    ringing_out,
)
from trunkline.sandbox import sdp
from trunkline.sandbox.call import AUTO

pytestmark = pytest.mark.engines

DIRECTIONS = pytest.mark.parametrize("direction", ["in", "out"])


async def ended(pair):
    await pair.near.bye()
    await pair.far.hung_up()
    events = await pair.events("end")
    assert kinds(events).count("answer") == kinds(events).count("end") == 1
    await forgotten(pair.edge, pair.near)
    return events


@DIRECTIONS
@pytest.mark.parametrize("reliable", [False, True])
async def test_early_media_is_heard_before_the_answer(edge, agent, direction, reliable):
    pair = await RINGING[direction](edge, agent)
    await pair.far.open_audio()
    pair.far.audio.play(600)
    await pair.far.ring(183, body=AUTO, reliable=reliable)
    early = await pair.near.provisional(183)
    assert early.get("Require") == ("100rel" if reliable else None)
    assert sdp.parse(early.body).address == edge.address
    await pair.near.audio.hear(600)
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.talk()
    assert one(await ended(pair), "progress")["code"] == 183


async def test_100rel_that_is_required_travels(edge, agent):
    pair = await ringing_out(edge, agent, headers=[("Require", "100rel")])
    assert pair.far.request.get("Require") == "100rel"
    await pair.far.ring(180, reliable=True)
    prack = next(r for r in pair.far.requests if r.method == "PRACK")
    assert prack.get("RAck").split()[2] == "INVITE"
    await pair.far.answer()
    await pair.near.final()
    await ended(pair)


@DIRECTIONS
async def test_a_late_offer_is_answered_in_the_ack(edge, agent, direction):
    pair = await RINGING[direction](edge, agent, sdp=None)
    assert not pair.far.request.body
    await pair.far.answer()
    response = await pair.near.final()
    assert sdp.parse(response.body).address == edge.address
    ack = await pair.far.confirmed()
    assert sdp.parse(ack.body).address == edge.address
    await pair.talk()
    await ended(pair)


async def test_a_late_offer_is_answered_in_the_prack(edge, agent):
    pair = await ringing_in(edge, agent, sdp=None)
    await pair.far.open_audio()
    pair.far.audio.play(600)
    answer_in_the_prack(pair.near)
    await pair.far.ring(183, body=pair.far.make_offer(), reliable=True)
    prack = next(r for r in pair.far.requests if r.method == "PRACK")
    answered = sdp.parse(prack.body)
    assert answered.address == edge.address
    pair.far.take_answer(prack.body)
    await pair.near.audio.hear(600)
    await pair.far.answer(body=None)
    assert not (await pair.near.final()).body
    await pair.talk()
    await ended(pair)


async def test_an_offer_in_the_prack_is_answered_in_its_200(edge, agent):
    """RFC 3262 §5: where the offer of the INVITE was answered reliably, a PRACK may make another one."""
    pair = await ringing_in(edge, agent)
    describe_in_the_prack(pair.near, pair.near.make_offer)

    def answer(request):
        if request.method != "PRACK":
            return None
        response = pair.far.agent.response(request, 200)
        response.body = pair.far.take_offer(request.body)
        response.add("Content-Type", sdp.TYPE)
        return response

    pair.far.respond = answer
    await pair.far.ring(183, body=AUTO, reliable=True)
    prack = next(r for r in pair.far.requests if r.method == "PRACK")
    here = f"{pair.near.agent.address}:{pair.near.agent.port()}"

    def accepted():
        came = [e for e in agent.trace.entries if e.local == here and not e.sent and e.data.startswith(b"SIP/2.0 200")]
        return [e.message for e in came if e.message.cseq[1] == "PRACK"]

    await eventually(accepted, what="the 200 of the PRACK")
    described = [sdp.parse(message.body).address for message in (prack, *accepted())]
    assert described == [edge.address] * 2
    await pair.far.answer()
    await pair.near.final()
    await pair.talk()
    await ended(pair)


async def test_an_update_before_the_answer(edge, agent):
    pair = await ringing_in(edge, agent)
    await pair.far.ring(183, body=AUTO, reliable=True)
    await pair.near.provisional(183)
    assert (await pair.near.update("sendrecv")).code == 200
    assert sdp.parse((await pair.far.next_request("UPDATE")).body).address == edge.address
    await pair.far.answer()
    await pair.near.final()
    await pair.talk()
    await ended(pair)
