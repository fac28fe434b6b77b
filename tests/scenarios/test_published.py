"""The check that conftest.py makes of every scenario finds what it is for."""

import pytest

from scenarios.parties import talking
from scenarios.published import outside, places
from trunkline.sandbox.message import Request
from trunkline.sandbox.trace import Trace
from trunkline.settings import Settings

SDP = "v=0\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\na=rtcp:30001\r\nm=video 0 RTP/AVP 96\r\n"


def received(sdp):
    trace = Trace()
    request = Request("INVITE", "sip:a@b", headers=[("Content-Type", "application/sdp")])
    request.body = sdp.encode()
    trace.add(False, "udp", ("192.0.2.7", 5060), ("192.0.2.1", 5060), bytes(request))
    return outside(trace, Settings(sip={"address": "192.0.2.1"}, media={"port_min": 30000, "port_max": 31999}))


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("192.0.2.1", "192.0.2.9", "192.0.2.9:30000"),
        ("audio 30000", "audio 29998", "192.0.2.1:29998"),
        ("rtcp:30001", "rtcp:32000", "192.0.2.1:32000"),
        ("rtcp:30001", "rtcp:30001 IN IP4 192.0.2.8", "192.0.2.8:30001"),
        ("video 0", "video 40000", "192.0.2.1:40000"),
        ("RTP/AVP 8", "RTP/AVP 8\r\nc=IN IP4 192.0.2.6", "192.0.2.6:30000"),
    ],
)
def test_a_place_outside_is_found(old, new, place):
    assert received(SDP) == []
    assert place in "".join(received(SDP.replace(old, new)))


@pytest.mark.engines
async def test_a_call_names_places_of_the_node_only(edge, agent):
    pair = await talking(edge, agent)
    named = {place for message in agent.trace.received() for place in places(message.body.decode())}
    assert {address for address, _ in named} == {edge.settings.media_advertised}
    assert len(named) >= 2
    await pair.near.bye()


@pytest.mark.engines
async def test_behind_a_nat_the_address_that_others_see_is_named(own_edge, agent):
    edge = own_edge(media={"advertised": "198.51.100.21"})
    pair = await talking(edge, agent)
    named = {place for message in agent.trace.received() for place in places(message.body.decode())}
    assert {address for address, _ in named} == {"198.51.100.21"}
    await pair.near.bye()
