"""CUCM sends its INVITE without SDP, and has its offer's answer in the ACK, beside streams it does not use."""

import re

import pytest

from scenarios.dialects.speaking import answered, body, call_out, ended
from scenarios.parties import answer_in_the_prack
from trunkline.sandbox import sdp

pytestmark = pytest.mark.engines


async def test_an_invite_without_sdp_as_cucm_writes_it(edge, agent):
    pair = await call_out(edge, agent, "cucm-invite.sip", sdp=None)
    seen = pair.far.request
    assert not seen.body
    assert seen.get("Session-Expires").split() == ["1800"]
    assert seen.get("Min-SE").split() == ["1800"]
    for name in ("Cisco-Guid", "Call-Info", "Session-ID", "Remote-Party-ID", "P-Asserted-Identity", "Date", "Expires"):
        assert not seen.get(name), name
    await pair.far.ring()
    await pair.near.provisional(180)
    await pair.far.answer(headers=[("Session-Expires", "1800;refresher=uas"), ("Require", "timer")])
    response = await pair.near.final()
    assert sdp.parse(response.body).address == edge.address
    assert response.get("Session-Expires") == "1800;refresher=uas"
    ack = await pair.far.confirmed()
    assert sdp.parse(ack.body).address == edge.address
    await pair.talk()
    await ended(pair)


async def test_early_audio_by_an_offer_that_its_prack_answers(edge, agent):
    """With `rel1xx` it supports 100rel, without which it would hear nothing before the answer."""

    def reliably(request):
        request.set("Supported", "timer,resource-priority,replaces,100rel")

    pair = await call_out(edge, agent, "cucm-invite.sip", sdp=None, also=reliably)
    answer_in_the_prack(pair.near)
    await pair.far.open_audio()
    pair.far.audio.play(600)
    await pair.far.ring(183, body=pair.far.make_offer(), reliable=True)
    prack = next(request for request in pair.far.requests if request.method == "PRACK")
    assert sdp.parse(prack.body).address == edge.address
    pair.far.take_answer(prack.body)
    await pair.near.audio.hear(600)
    await answered(pair, body=None)
    assert not pair.near.final_response.body
    await pair.talk()
    await ended(pair)


OFFERED = (
    b"m=video 40000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=content:main\r\n"
    b"m=video 40002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=content:slides\r\n"
    b"m=application 40004 UDP/BFCP *\r\nm=application 40006 RTP/AVP 125\r\na=rtpmap:125 H224/4800\r\n"
)


async def test_an_ack_that_refuses_video_bfcp_and_h224_in_their_places(edge, agent):
    """A video phone behind CUCM: everything beside the audio has port 0, in as many lines as were offered."""
    pair = await call_out(edge, agent, "cucm-invite.sip", sdp=None)
    await pair.far.open_audio()

    def answer_with_everything(offered: bytes) -> bytes:
        type(pair.near).take_offer(pair.near, offered)  # connects the audio
        return body("cucm-answer-of-a-video-phone.sdp", pair.near)

    pair.near.take_offer = answer_with_everything
    await pair.far.answer(pair.far.make_offer() + OFFERED)
    response = await pair.near.final()
    kinds = [b"audio", b"video", b"video", b"application", b"application"]
    for description in (response.body, (await pair.far.confirmed()).body):
        assert re.findall(rb"(?m)^m=(\w+)", description) == kinds
        assert len(re.findall(rb"(?m)^m=\w+ 0 ", description)) == 4
        assert not re.search(rb"content:|H264|H224|CiscoSystems|TIAS", description)
    await pair.talk()
    await ended(pair)
