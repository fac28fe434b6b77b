"""Without `direct_media=no`, Asterisk moves the media to the phone itself right after the answer."""

import re

import pytest

from scenarios.dialects.speaking import answered, call_out, ended
from trunkline.sandbox import sdp
from trunkline.sandbox.rtp import RtpSession

pytestmark = pytest.mark.engines


async def test_the_audio_follows_once_the_phone_itself_is_heard(edge, agent):
    """Not before: an address that a PBX only names may be anybody's."""
    pair = await answered(await call_out(edge, agent, "asterisk-invite.sip"))
    await pair.talk()
    phone = await RtpSession.open(agent.address())
    host, port = phone.address
    body = pair.near.make_offer()
    body = re.sub(rb"IN IP4 \S+", b"IN IP4 " + host.encode(), re.sub(rb"m=audio \d+", b"m=audio %d" % port, body))
    response = await pair.near.send("INVITE", body, [("Content-Type", sdp.TYPE)])
    assert response.code == 200
    pair.near.audio.mute()
    answer = sdp.parse(response.body)
    phone.connect(answer.address, answer.port, answer.codec)
    phone.play(520)
    await pair.far.audio.hear(520)
    await phone.hear(600)
    phone.close()
    await ended(pair)
