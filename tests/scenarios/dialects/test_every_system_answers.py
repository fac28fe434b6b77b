"""What each system says when it is called: a carrier gets its audio and its timer, and learns nothing else."""

import pytest

from scenarios.dialects.speaking import answer_as, ended
from scenarios.parties import ringing_in

pytestmark = pytest.mark.engines

# What it says of session timers, of which the carrier has asked for 1800 s.
AGREED = {
    "asterisk": "1800;refresher=uac", "avaya": "1200;refresher=uas", "cucm": "1800;refresher=uas", "freeswitch": None,
    "mitel": "90;refresher=uac", "nec": "1800;refresher=uac", "oracle": None, "sfb": "1800;refresher=uas",
    "shoretel": None,
}  # fmt: skip
ASKED = [("Supported", "timer, 100rel"), ("Session-Expires", "1800"), ("Min-SE", "90"), ("Allow", "INVITE, ACK, BYE")]
TELLING = ("Server", "User-Agent", "P-Asserted-Identity", "Remote-Party-ID", "Call-Info", "Send-Info", "Session-ID",
           "Endpoint-View", "Av-Global-Session-ID", "P-Location", "ms-call-source", "X-FS-Display-Name")  # fmt: skip


@pytest.mark.parametrize("system", AGREED)
async def test_a_carrier_hears_it_and_learns_nothing_else(edge, agent, system):
    pair = await ringing_in(edge, agent, headers=ASKED)
    await pair.far.ring()
    await pair.near.provisional(180)
    await answer_as(pair.far, f"{system}-answer.txt")
    response = await pair.near.final()
    assert response.code == 200
    assert response.get("Session-Expires") == AGREED[system]
    assert response.get("Require") == ("timer" if AGREED[system] else None)
    for header in TELLING:
        assert not response.get(header), header
    for word in (b"Reception", b"200@", b"label", b"avf", b"CiscoSystems", b" CN/", b"\nb="):
        assert word not in response.body + str(response).encode(), word
    await pair.far.confirmed()
    await pair.talk()
    for end in (pair.near, pair.far):
        end.audio.dial("19#")
    for end in (pair.near, pair.far):
        await end.audio.until(lambda end=end: end.audio.digits == "19#", 10, lambda end=end: end.audio.digits)
    await ended(pair, by="callee")
