"""Skype for Business refreshes a session by UPDATE alone, and holds by `inactive`; an Oracle E-SBC is between."""

import pytest

from scenarios.dialects.speaking import answered, call_out, ended
from trunkline.sandbox import sdp

pytestmark = pytest.mark.engines

REFRESH = [("Session-Expires", "1800;refresher=uac"), ("Supported", "timer"), ("ms-call-source", "ms-rtc")]


async def test_an_update_with_and_without_sdp_refreshes_the_session(edge, agent):
    pair = await answered(
        await call_out(edge, agent, "oracle-invite.sip", tag="a4b0f9f1e6"),
        headers=[("Session-Expires", "1800;refresher=uas"), ("Allow", "INVITE, ACK, BYE, UPDATE")],
    )
    assert "UPDATE" in pair.near.final_response.get("Allow")
    response = await pair.near.send("UPDATE", headers=REFRESH)
    assert response.code == 200
    seen = await pair.far.next_request("UPDATE")
    assert (seen.get("Session-Expires"), seen.body, seen.get("ms-call-source")) == ("1800;refresher=uac", b"", None)
    assert (await pair.near.update()).code == 200
    await pair.talk()
    await ended(pair)


async def test_the_far_side_refreshes_by_update_too(edge, agent):
    pair = await answered(await call_out(edge, agent, "oracle-invite.sip"))
    assert (await pair.far.send("UPDATE", headers=[("Session-Expires", "1800;refresher=uac")])).code == 200
    assert (await pair.near.next_request("UPDATE")).get("Session-Expires") == "1800;refresher=uac"
    await ended(pair, by="callee")


@pytest.mark.parametrize("style", ["inactive", "sendonly"])
async def test_hold_is_mirrored_and_no_audio_flows_until_resumed(edge, agent, style):
    """The HMR of the older guide that made every hold `sendrecv` is not needed, and would let the held party listen."""
    pair = await answered(await call_out(edge, agent, "oracle-invite.sip"))
    await pair.talk()
    response = await pair.near.reinvite(style)
    assert sdp.parse(response.body).direction == {"inactive": "inactive", "sendonly": "recvonly"}[style]
    pair.near.audio.forget()
    await pair.near.audio.hear_silence()
    assert (await pair.near.reinvite("sendrecv")).code == 200
    await pair.talk()
    await ended(pair)
