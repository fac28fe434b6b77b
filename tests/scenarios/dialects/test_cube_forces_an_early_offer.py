"""CUBE in front of CUCM: an offer in the INVITE, Cisco's headers, timers of 1800 s at least."""

import pytest

from scenarios.dialects.speaking import answered, call_out, ended
from scenarios.parties import inbound, to

pytestmark = pytest.mark.engines


async def test_a_call_of_cube_leaves_its_words_behind(edge, agent):
    pair = await call_out(edge, agent, "cube-invite.sip", tag="10A4E7B8-1D2C")
    seen = pair.far.request
    assert seen.get("Content-Disposition") == "session;handling=required"
    assert (seen.get("Session-Expires"), seen.get("Min-SE")) == ("1800", "1800")
    for header in ("Cisco-Guid", "Timestamp", "Session-ID", "Date", "Allow-Events", "P-Asserted-Identity"):
        assert not seen.get(header), header
    assert b"CiscoSystems" not in seen.body
    assert b"CN/8000" not in seen.body
    await answered(pair, headers=[("Session-Expires", "1800;refresher=uas"), ("Require", "timer")])
    await pair.talk()
    await ended(pair, by="callee")


async def test_a_cube_that_is_called_may_raise_the_interval(edge, agent):
    """Its 422 goes to the carrier, whose next INVITE asks for 1800 s, which then stand."""
    cube = await agent(name="cube")
    scene = await inbound(edge, agent, to(cube))
    timer = [("Supported", "timer"), ("Session-Expires", "90"), ("Min-SE", "90")]
    call = await scene.dial(headers=timer)
    (await cube.next_call()).refuse(422, "Session Timer too small", [("Min-SE", "1800")])
    response = await call.final()
    assert (response.code, response.get("Min-SE")) == (422, "1800")
    await scene.events("finish")

    call = await scene.dial(headers=[("Supported", "timer"), ("Session-Expires", "1800"), ("Min-SE", "1800")])
    incoming = await cube.next_call()
    assert (incoming.request.get("Session-Expires"), incoming.request.get("Min-SE")) == ("1800", "1800")
    await incoming.answer(headers=[("Session-Expires", "1800;refresher=uac"), ("Require", "timer")])
    assert (await call.final()).get("Session-Expires") == "1800;refresher=uac"
    await incoming.bye()
    await call.hung_up()
    await scene.events("end")
