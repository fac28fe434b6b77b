"""chan_pjsip plays its music on hold itself, or passes a hold on (`moh_passthrough`); it supports 100rel by default."""

import pytest

from scenarios.dialects.speaking import answered, call_out, ended
from trunkline.sandbox import sdp
from trunkline.sandbox.call import AUTO

pytestmark = pytest.mark.engines


async def test_a_hold_that_it_passes_on_is_a_reinvite(edge, agent):
    pair = await answered(await call_out(edge, agent, "asterisk-invite.sip"))
    await pair.talk()
    response = await pair.near.reinvite("sendonly")
    assert (response.code, sdp.parse(response.body).direction) == (200, "recvonly")
    assert sdp.parse((await pair.far.next_request("INVITE")).body).direction == "sendonly"
    assert (await pair.near.reinvite("sendrecv")).code == 200
    await pair.talk()
    await ended(pair)


async def test_music_of_its_own_needs_no_word(edge, agent):
    pair = await answered(await call_out(edge, agent, "asterisk-invite.sip"))
    await pair.talk()
    pair.near.audio.play(520)
    await pair.far.audio.hear(520)
    assert [request.method for request in pair.far.requests] == ["ACK"]
    await ended(pair)


async def test_it_acknowledges_a_carriers_reliable_early_audio(edge, agent):
    def supports(request):
        assert "100rel" in request.get("Supported")

    pair = await call_out(edge, agent, "asterisk-invite.sip", also=supports)
    await pair.far.open_audio()
    pair.far.audio.play(600)
    await pair.far.ring(183, body=AUTO, reliable=True)  # waits for the PRACK
    assert (await pair.near.provisional(183)).get("Require") == "100rel"
    await pair.near.audio.hear(600)
    await answered(pair)
    await pair.talk()
    await ended(pair)
