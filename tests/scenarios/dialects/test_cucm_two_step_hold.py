"""CUCM holds in two steps: `inactive` at no address, then a re-INVITE without SDP for its music; resume likewise."""

import pytest

from scenarios.dialects.speaking import answer_in_the_ack, answered, body, call_out, ended, reinvite_without_sdp
from trunkline.sandbox import sdp

pytestmark = pytest.mark.engines


async def offer_wanted(pair) -> None:
    """CUCM's re-INVITE without SDP: the far side offers, not a hold of its own, and the ACK answers."""
    request, response = await reinvite_without_sdp(pair, "timer,resource-priority,replaces")
    assert sdp.parse(response.body).direction == "sendrecv"
    await answer_in_the_ack(pair, request, pair.near.take_offer(response.body))


async def test_music_comes_after_inactive_and_talk_after_music(edge, agent):
    pair = await answered(await call_out(edge, agent, "cucm-invite.sip", sdp=None))
    await pair.talk()
    for frequency in (520, 440):  # the hold's music, then the caller again
        held = await pair.near.send("INVITE", body("cucm-hold.sdp", pair.near), [("Content-Type", sdp.TYPE)])
        assert held.code == 200
        assert sdp.parse(held.body).direction == "inactive"
        seen = sdp.parse((await pair.far.next_request("INVITE")).body)
        assert seen.direction == "inactive"
        await offer_wanted(pair)
        pair.near.audio.play(frequency)
        await pair.far.audio.hear(frequency)
        await pair.near.audio.hear(600)
    await ended(pair)
