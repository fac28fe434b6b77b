"""chan_pjsip follows a 302 by itself (`redirect_method=user`), to wherever its Contact says: it is never given one."""

import pytest

from scenarios.dialects.speaking import call_out

pytestmark = pytest.mark.engines


async def test_a_carriers_302_ends_the_call_in_words(edge, agent):
    pair = await call_out(edge, agent, "asterisk-invite.sip")
    pair.far.refuse(302, "Moved Temporarily", [("Contact", "<sip:+12125550199@elsewhere.example>")])
    response = await pair.near.final()
    assert response.code == 480
    assert response.warning
    assert "elsewhere" not in str(response)
    events = await pair.events("finish")
    assert events[-1]["warning"] == response.warning
