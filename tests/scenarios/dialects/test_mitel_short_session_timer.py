"""A MiVoice Business asks for a session timer of 90 s, the shortest there is, to be refreshed by the far side."""

import pytest

from scenarios.dialects.speaking import answered, call_out, ended

pytestmark = pytest.mark.engines

AGREED = [("Session-Expires", "90;refresher=uas"), ("Require", "timer")]


async def test_ninety_seconds_are_not_too_small_and_the_far_side_refreshes(edge, agent):
    pair = await call_out(edge, agent, "mitel-invite.sip")
    asked = pair.far.request
    assert (asked.get("Session-Expires"), asked.get("Min-SE")) == ("90;refresher=uas", "90")
    await answered(pair, headers=AGREED)
    assert pair.near.final_response.get("Session-Expires") == "90;refresher=uas"
    for refresh in (pair.far.reinvite, pair.far.update):
        assert (await refresh()).code == 200
        await pair.talk()
    await ended(pair, by="callee")


async def test_a_carrier_that_wants_longer_intervals_says_so_and_is_called_with_them(edge, agent):
    """422 and Min-SE go to the PBX, whose next INVITE asks for as much (RFC 4028 §7.3)."""
    pair = await call_out(edge, agent, "mitel-invite.sip")
    pair.far.refuse(422, "Session Interval Too Small", [("Min-SE", "1800")])
    response = await pair.near.final()
    assert (response.code, response.get("Min-SE")) == (422, "1800")
    await pair.events("finish")
