"""ShoreTel (DontFwdRefer=1) transfers with re-INVITEs that have no SDP, neither by REFER nor by Replaces."""

import pytest

from scenarios.dialects.speaking import answer_in_the_ack, answered, call_out, ended, reinvite_without_sdp
from trunkline.sandbox import sdp
from trunkline.sandbox.rtp import RtpSession

pytestmark = pytest.mark.engines


async def test_the_far_side_hears_whoever_the_call_is_handed_to(edge, agent):
    pair = await call_out(edge, agent, "shoretel-invite.sip", tag="ShoreTel_6a1b-0c7d.f")
    assert b"a=fmtp:18 annexb=no" in pair.far.request.body
    await answered(pair)
    await pair.talk()
    request, response = await reinvite_without_sdp(pair, "timer,replaces,info")
    offered = sdp.parse(response.body)
    assert (offered.address, offered.direction) == (edge.address, "sendrecv")

    third = await RtpSession.open(pair.near.agent.address)  # another phone, behind the same Ingate
    await answer_in_the_ack(pair, request, sdp.answer(offered, *third.address))
    pair.near.audio.mute()
    third.connect(offered.address, offered.port, offered.codec)
    third.play(520)
    await pair.far.audio.hear(520)
    await third.hear(600)
    third.close()
    await ended(pair)


async def test_a_transfer_to_the_trunk_begins_with_an_invite_without_sdp(edge, agent):
    def empty(request):
        request.body = b""
        request.remove("Content-Type")

    pair = await call_out(edge, agent, "shoretel-invite.sip", sdp=None, also=empty)
    assert not pair.far.request.body
    await answered(pair)
    assert sdp.parse(pair.near.final_response.body).direction == "sendrecv"
    await pair.talk()
    await ended(pair)


async def test_a_refer_is_refused_in_words_and_the_call_goes_on(edge, agent):
    pair = await answered(await call_out(edge, agent, "shoretel-invite.sip"))
    target = "<sip:300@10.0.0.5?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>"
    response = await pair.near.send("REFER", headers=[("Refer-To", target), ("Referred-By", "<sip:1@10.0.0.5>")])
    assert response.code == 405
    assert "REFER" in response.warning
    await pair.talk()
    await ended(pair)
