"""A party whose audio moves to another port within a call, as descriptions say: the relay drops what comes from
elsewhere than a party was learnt to be, and must learn again with each of them.
"""

import contextlib

import pytest

from scenarios.parties import RINGING, learnt, sides, talking
from trunkline.sandbox import sdp
from trunkline.sandbox.call import AUTO
from trunkline.sandbox.rtp import RtpSession

pytestmark = [pytest.mark.engines, pytest.mark.long]

DIRECTIONS = pytest.mark.parametrize("direction", ["in", "out"])
SIDES = pytest.mark.parametrize("side", ["near", "far"])


@contextlib.asynccontextmanager
async def elsewhere(call, frequency: int, address: str = ""):
    """A party sends from another place of its own, and no more from where it did; yields what hears and sends there."""
    call.audio.mute()
    session = await RtpSession.open(address or call.agent.address)
    at = call.remote_audio
    session.connect(at.address, at.port, at.codec)
    session.play(frequency)
    try:
        yield session
    finally:
        session.close()


def naming(body: bytes, call, session: RtpSession) -> bytes:
    """A description of a call's audio that names another port of its party's."""
    before, after = (b"m=audio %d " % its.address[1] for its in (call.audio, session))
    assert before in body
    return body.replace(before, after)


async def offer(call, body: bytes) -> int:
    response = await call.send("INVITE", body, [("Content-Type", sdp.TYPE)])
    return response.code


@DIRECTIONS
@pytest.mark.parametrize("said", [True, False])
async def test_from_early_media_to_the_answer(edge, agent, direction, said):
    """A carrier plays its announcement from one machine and connects the call to another one."""
    pair = await RINGING[direction](edge, agent)
    await pair.far.open_audio()
    pair.far.audio.play(600)
    await pair.far.ring(183, body=AUTO)
    await pair.near.provisional(183)
    pair.near.audio.play(440)
    await learnt(pair.near)
    await pair.near.audio.hear(600)
    async with elsewhere(pair.far, 700) as later:
        body = pair.far.local_sdp
        await pair.far.answer(body=naming(body, pair.far, later) if said else body)
        assert (await pair.near.final()).code == 200
        await pair.near.audio.hear(700)
        await later.hear(440)
    await pair.near.bye()


@DIRECTIONS
async def test_from_another_address_than_the_description_has(edge, agent, direction):
    """Some carriers' media comes from another machine than they say, from the first packet to the last."""
    pair = await talking(edge, agent, direction)
    other = await agent()
    pair.near.audio.play(440)
    async with elsewhere(pair.far, 600, other.address) as real:
        await pair.near.audio.hear(600)
        await real.hear(440)
        await learnt(pair.near)
        for session in (pair.near.audio, real):
            session.forget()
        await pair.near.audio.hear(600)
        await real.hear(440)
    await pair.near.bye()


@pytest.mark.parametrize("held", [False, True])
@SIDES
async def test_to_where_a_reinvite_leads(edge, agent, side, held):
    """A PBX that has transferred the call within itself, with or without a hold before, names another phone."""
    pair = await talking(edge, agent)
    await pair.talk()
    await learnt(pair.near)
    actor, other = sides(pair, side)
    tone = 600 if side == "near" else 440  # of the other side
    if held:
        assert (await actor.reinvite("inactive")).code == 200
        await other.audio.hear_silence()
    async with elsewhere(actor, 700) as phone:
        assert await offer(actor, naming(actor.make_offer(), actor, phone)) == 200
        if held:
            other.audio.play(tone)
        await other.audio.hear(700)
        await phone.hear(tone)
    await pair.near.bye()


@SIDES
async def test_nowhere_when_the_offer_is_refused(edge, agent, side):
    pair = await talking(edge, agent)
    await pair.talk()
    await learnt(pair.near)
    actor, other = sides(pair, side)
    other.respond = lambda request: other.agent.response(request, 488) if request.method == "INVITE" else None
    unused = await RtpSession.open(actor.agent.address)
    try:
        assert await offer(actor, naming(actor.make_offer(), actor, unused)) == 488
    finally:
        unused.close()
    await learnt(pair.near)
    for call in (pair.near, pair.far):
        call.audio.forget()
    await pair.talk()
    await pair.near.bye()
