"""FreeSWITCH answers a challenge only if it came from its gateway's own host, in a realm in quotes; it may dial with
00, and marks its messages with X-FS headers."""

import pytest

from scenarios.dialects.speaking import CALLER, answered, call_out, ended
from scenarios.parties import ringing_in
from trunkline.sandbox.call import AUTO

pytestmark = pytest.mark.engines


async def test_the_challenge_comes_from_the_address_that_was_dialled(edge, agent):
    pair = await call_out(edge, agent, "freeswitch-invite.sip", tag="Q4F1gXcc8ZKBe")
    challenge = next(response for response in pair.near.responses if response.code == 407)
    assert f'realm="{edge.domain}"' in challenge.get("Proxy-Authenticate")
    sources = {e.remote for e in pair.near.agent.trace.entries if e.local.startswith(pair.near.agent.address)}
    assert sources == {f"{edge.address}:{edge.udp.port}"}
    assert pair.far.user == pair.called  # without the 00 that was dialled
    for header in ("X-FS-Support", "Remote-Party-ID", "Allow-Events", "User-Agent"):
        assert not pair.far.request.get(header)
    assert b"opus" not in pair.far.request.body
    assert b"48000" not in pair.far.request.body
    await pair.far.ring(183, body=AUTO)
    await pair.near.provisional(183)
    await answered(pair)
    await pair.talk()
    assert (await pair.far.reinvite()).code == 200  # its Contact's ;gw= comes back to it
    again = await pair.near.next_request("INVITE")
    assert again.uri == f"sip:gw+trunk1@{pair.near.agent.address}:{pair.near.agent.port()};transport=udp;gw=trunk1"
    display = [("X-FS-Display-Name", "Outbound Call"), ("X-FS-Display-Number", "10077"),
               ("P-Asserted-Identity", '"Outbound Call" <sip:1000@inside.example>')]  # fmt: skip
    assert (await pair.near.send("UPDATE", headers=display)).code == 200
    assert "Outbound Call" not in str(await pair.far.next_request("UPDATE"))
    events = await ended(pair)
    assert events[0]["caller"] == CALLER


async def test_an_invite_without_sdp_is_refused_by_freeswitch_and_the_caller_is_told(edge, agent):
    """It takes none without `enable-3pcc`; the trunk makes up no offer for it."""
    pair = await ringing_in(edge, agent, sdp=None)
    pair.far.refuse(488, "Not Acceptable Here", [("Warning", '304 inside.example "Media type not available"')])
    response = await pair.near.final()
    assert response.code == 488
    assert "inside.example" not in str(response)
    events = await pair.events("finish")
    assert events[-1]["code"] == 488
