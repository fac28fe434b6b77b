"""Skype for Business refreshes a session by UPDATE alone, and holds by `inactive`; an Oracle E-SBC is between."""

import pytest

from scenarios.dialects.speaking import answered, call_out, ended
from scenarios.parties import talking
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
    await pair.talk()
    await ended(pair, by="callee")


@pytest.mark.parametrize("callee", ["udp", "tls"])
@pytest.mark.parametrize("code", [405, 501])
async def test_a_far_side_without_update_costs_it_no_call(edge, agent, code, callee):
    """It has no other way to refresh, and would end the call when the interval is over."""
    pair = await talking(edge, agent, "out", "udp", callee)
    pair.far.respond = lambda r: pair.far.agent.response(r, code) if r.method == "UPDATE" else None
    response = await pair.near.send("UPDATE", headers=REFRESH)
    assert response.code == 200
    assert response.get("Session-Expires") == "1800;refresher=uac"
    assert response.get("Require") == "timer"
    assert response.tag("To") == pair.far.local_tag
    of_the_far_side = await pair.near.send("UPDATE", headers=[("x", "1800;refresher=uas"), ("k", "timer")])
    assert (of_the_far_side.code, of_the_far_side.get("Session-Expires")) == (200, None)
    await pair.talk()
    assert (await pair.near.reinvite()).code == 200
    await ended(pair)


@pytest.mark.parametrize("code", [481, 488, 500])
async def test_any_other_refusal_of_a_refresh_is_its_sender_to_judge(edge, agent, code):
    pair = await answered(await call_out(edge, agent, "oracle-invite.sip"))
    pair.far.respond = lambda r: pair.far.agent.response(r, code) if r.method == "UPDATE" else None
    assert (await pair.near.send("UPDATE", headers=REFRESH)).code == code
    pair.far.respond = lambda r: pair.far.agent.response(r, 405) if r.method == "UPDATE" else None
    offered = await pair.near.send("UPDATE", pair.near.make_offer(), [("Content-Type", sdp.TYPE)])
    assert offered.code == 405
    await pair.talk()
    await ended(pair)


@pytest.mark.parametrize("style", ["inactive", "sendonly"])
async def test_hold_is_mirrored_and_no_audio_flows_until_resumed(edge, agent, style):
    """The HMR of the older guide that made every hold `sendrecv` is not needed, and would let the held party listen."""
    pair = await answered(await call_out(edge, agent, "oracle-invite.sip"))
    await pair.talk()
    response = await pair.near.reinvite(style)
    assert sdp.parse(response.body).direction == {"inactive": "inactive", "sendonly": "recvonly"}[style]
    await pair.near.audio.hear_silence()
    assert (await pair.near.reinvite("sendrecv")).code == 200
    await pair.talk()
    await ended(pair)
