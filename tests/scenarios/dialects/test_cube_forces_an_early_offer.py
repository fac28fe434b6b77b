"""CUBE in front of CUCM: an offer in the INVITE, Cisco's headers, timers of 1800 s at least."""

import pytest

from scenarios.dialects.speaking import answered, call_out, ended
from scenarios.parties import Pair, inbound, to
from trunkline.sandbox.sdp import EVENT

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


async def test_g729_as_annexb_all_offers_it_is_told_that_there_is_no_annex_b(edge, agent):
    """Without `a=fmtp:18` an offer has Annex B (RFC 4856 §2.1.9), which the trunk does not carry."""

    def g729(request):
        request.body = request.body.replace(b"RTP/AVP 0 8 101 19", b"RTP/AVP 18 0 101 19")

    codecs = ("G729", EVENT)
    pair = await call_out(edge, agent, "cube-invite.sip", also=g729, codecs=codecs)
    assert b"a=fmtp:18 annexb=no\r\n" in pair.far.request.body
    pair.far.codecs = codecs
    await answered(pair)
    assert b"a=fmtp:18 annexb=no\r\n" in pair.near.final_response.body
    await pair.talk()
    await ended(pair)


@pytest.mark.parametrize("number", [96, 127])
async def test_digits_keep_whatever_payload_type_it_offers(edge, agent, number):
    """`rtp payload-type nte` may be any dynamic one (96 to 127)."""

    def renumber(request):
        request.body = request.body.replace(b" 101 19\r\n", b" %d 19\r\n" % number).replace(b":101 ", b":%d " % number)

    pair = await answered(await call_out(edge, agent, "cube-invite.sip", also=renumber))
    assert pair.far.remote_audio.event.number == pair.near.remote_audio.event.number == number
    for end in (pair.near, pair.far):
        end.audio.dial("26*")
    for end in (pair.near, pair.far):
        await end.audio.until(lambda end=end: end.audio.digits == "26*", 10, lambda end=end: end.audio.digits)
    await ended(pair)


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
    await Pair(call, incoming, edge, scene.number).talk()
    await incoming.bye()
    await call.hung_up()
    await scene.events("end")
