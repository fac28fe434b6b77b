"""An Avaya Communication Manager after the answer: it moves the media (shuffling), refreshes, and tries T.38."""

import re
import time

import pytest

from scenarios.dialects.speaking import ended, place
from scenarios.parties import Pair
from trunkline.sandbox import sdp

pytestmark = pytest.mark.engines

FAX = (
    b"v=0\r\no=- 1 2 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=image 35002 udptl t38\r\n"
    b"a=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\na=T38FaxRateManagement:transferredTCF\r\n"
)


async def connected(edge, agent, **options):
    """Answered after a 100 that came at once: its Session Manager gives an entity up after 4 s (timers B and F)."""
    carrier, pbx, key = await agent(name="far"), await agent(name="pbx"), edge.key()
    called = edge.route(edge.carrier(carrier.address, carrier.port())) + "001"
    call = await place(edge, pbx, key, "avaya-invite.sip", called, **options)
    began = time.monotonic()
    await call.until(lambda: any(r.code == 100 for r in call.responses), 4, "100")
    assert time.monotonic() - began < 4
    pair = Pair(call, await carrier.next_call(), edge, called)
    await pair.far.answer()
    assert (await call.final()).code == 200
    await pair.far.confirmed()
    return pair


async def test_the_media_moves_right_after_the_answer_and_the_call_talks_on(edge, agent):
    pair = await connected(edge, agent)
    for headers in ([], [("Session-Expires", "1800;refresher=uac"), ("Min-SE", "1800"), ("Supported", "timer")]):
        # another version of its description, with another packet time and order of codecs, as the far endpoint has it
        body = re.sub(rb"RTP/AVP [0-9 ]+", b"RTP/AVP 8 0 101", pair.near.make_offer())
        response = await pair.near.send("INVITE", body, [("Content-Type", sdp.TYPE), *headers])
        assert response.code == 200
        pair.near.take_answer(response.body)
        await pair.talk()
    events = await ended(pair)
    assert len([event for event in events if event["event"] == "attempt"]) == 1


async def test_packets_of_60_ms_are_heard(edge, agent):
    def longer(request):
        request.body = request.body.replace(b"a=ptime:20", b"a=ptime:60")

    pair = await connected(edge, agent, also=longer)
    assert b"a=ptime:60\r\n" in pair.far.request.body
    pair.near.audio.packet_time(60)
    await pair.talk()
    await ended(pair)


async def test_an_offer_of_t38_is_refused_and_the_audio_goes_on(edge, agent):
    pair = await connected(edge, agent)
    address = pair.near.agent.address.encode()
    for audio in (b"", b"m=audio 0 RTP/AVP 8\r\n"):  # with and without the old stream in its place
        body = (FAX % (address, address)).replace(b"m=image", audio + b"m=image")
        response = await pair.near.send("INVITE", body, [("Content-Type", sdp.TYPE)])
        assert response.code == 488
        assert "T.38" in response.warning
        await pair.talk()
    await ended(pair)
