"""CUCM holds in two steps: `inactive` at no address, then a re-INVITE without SDP for its music; resume likewise."""

import pytest

from scenarios.dialects.speaking import answered, body, call_out, ended
from trunkline.sandbox import sdp

pytestmark = pytest.mark.engines


async def offer_wanted(pair) -> None:
    """CUCM's re-INVITE without SDP: the far side offers, not a hold of its own, and the ACK answers."""
    call = pair.near
    request = call.dialog.request("INVITE")
    request.add("Contact", call.agent.contact_for(call.hop))
    request.add("Supported", "timer,resource-priority,replaces")
    response = await call.agent.transact(request, call.hop)
    assert response.code == 200
    assert not (await pair.far.next_request("INVITE")).body
    assert sdp.parse(response.body).direction == "sendrecv"
    ack = call.dialog.request("ACK", request.cseq[0])
    ack.add("Content-Type", sdp.TYPE)
    ack.body = call.take_offer(response.body)
    await call.agent.send(ack, call.hop)
    await pair.far.until(lambda: pair.far.requests[-1].method == "ACK" and pair.far.requests[-1].body, 10, "the ACK")


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
