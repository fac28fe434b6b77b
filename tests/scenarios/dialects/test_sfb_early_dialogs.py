"""A call of Skype for Business may ring in up to twenty places: each early dialog has its own tag, and one answers."""

import asyncio

import pytest

from harness.polling import PATIENCE
from scenarios.dialects.speaking import call_out, ended
from trunkline.sandbox import sdp
from trunkline.sandbox.call import AUTO
from trunkline.sandbox.message import Request
from trunkline.sandbox.rtp import RtpSession

pytestmark = pytest.mark.engines


MOST = 20


def fork(pair, tag: str, code: int, body: bytes = b"") -> None:
    """Another place that the far side rings says something."""
    said = pair.far.agent.response(pair.far.request, code, tag=tag)
    said.headers += [("Record-Route", route) for route in pair.far.request.all("Record-Route")]
    said.add("Contact", pair.far.agent.contact_for(pair.far.transaction.flow.remote))
    if body:
        said.add("Content-Type", sdp.TYPE)
        said.body = body
    pair.far._respond(said)


async def test_the_tags_of_twenty_forks_reach_the_caller_and_the_last_answers(edge, agent):
    pair = await call_out(edge, agent, "oracle-invite.sip")
    answering = pair.far.local_tag
    for place in range(1, MOST):
        fork(pair, f"fork-{place}", 180)
    await pair.far.ring(183, body=AUTO)
    await pair.near.provisional(183)

    def tags():
        return {response.tag("To") for response in pair.near.responses if 180 <= response.code < 200}

    await pair.near.until(lambda: len(tags()) == MOST, PATIENCE, lambda: f"{MOST} early dialogs; came: {tags()}")
    await pair.far.answer()
    assert (await pair.near.final()).tag("To") == answering
    await pair.talk()
    await ended(pair)


async def test_the_audio_is_that_of_whoever_answers(edge, agent):
    """Two forks describe their audio before the answer; the first is heard until the second answers."""
    pair = await call_out(edge, agent, "oracle-invite.sip")
    first = await RtpSession.open(agent.address())
    offered = sdp.parse(pair.far.request.body)
    first.connect(offered.address, offered.port, offered.codec)
    first.play(520)
    fork(pair, "fork-1", 183, sdp.answer(offered, *first.address))
    await pair.near.provisional(183)
    await pair.near.audio.hear(520)
    first.close()
    await pair.far.ring(183, body=AUTO)
    await pair.far.answer()
    assert (await pair.near.final()).tag("To") == pair.far.local_tag
    await pair.talk()
    await ended(pair)


async def test_a_second_answer_is_ended_by_the_caller_and_the_first_goes_on(edge, agent):
    """RFC 3261 §13.2.2.4; the record is that of the first."""
    pair = await call_out(edge, agent, "oracle-invite.sip")
    await pair.far.answer()
    await pair.near.final()
    fork(pair, "fork-2", 200, pair.far.local_sdp)

    def ended_forks():
        messages = [entry.message for entry in pair.far.agent.trace.entries if not entry.sent]
        return [m.tag("To") for m in messages if isinstance(m, Request) and m.method == "BYE"]

    async with asyncio.timeout(PATIENCE):
        while "fork-2" not in ended_forks():  # in this thread, as the trace is written in it
            await asyncio.sleep(0.02)
    await pair.talk()
    await ended(pair)
