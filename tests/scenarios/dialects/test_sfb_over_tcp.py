"""Skype for Business speaks TCP and TLS alone, and its Contact has the name of its Mediation Server, which nobody here
can look up: what is for it goes over its own connection. It times no session by itself, but agrees when it is asked to,
and refreshes by UPDATE."""

import pytest

from scenarios.dialects.speaking import answer_as, answered, call_out, ended
from scenarios.parties import ringing_in

pytestmark = pytest.mark.engines

INSIDE = ("corp.local", "10.9.8.7", "ms-opaque")


def mediation_server(hop, user: str = "") -> str:
    return f"<sip:sfb-med01.corp.local:5070;transport={hop.transport};maddr=10.9.8.7;ms-opaque=bd34c1ee6a>"


@pytest.mark.parametrize("transport", ["tcp", "tls"])
@pytest.mark.parametrize("by", ["caller", "callee"])
async def test_a_call_of_its_own(edge, agent, transport, by):
    def over(request):
        request.headers = [(k, v.replace("2.0/TCP", f"2.0/{transport.upper()}")) for k, v in request.headers]
        request.set("CONTACT", mediation_server(edge.tls if transport == "tls" else edge.tcp))

    pair = await call_out(edge, agent, "sfb-invite.sip", transport=transport, also=over)
    pair.near.agent.contact_for = mediation_server
    await answered(pair)
    await pair.talk()
    for side in (pair.far, pair.near):
        for ask in (side.reinvite, side.update):
            assert (await ask()).code == 200
    await pair.talk()
    seen = [pair.far.request, *pair.far.requests]
    assert not [word for word in INSIDE for request in seen if word in str(request)]
    await ended(pair, by=by)


async def test_it_is_called_and_refreshes_what_the_carrier_timed(edge, agent):
    asked = [
        ("Supported", "timer"),
        ("Session-Expires", "1800"),
        ("Min-SE", "90"),
        ("Allow", "INVITE, ACK, BYE, CANCEL"),
    ]
    pair = await ringing_in(edge, agent, callee="tcp", headers=asked)
    pair.far.agent.contact_for = mediation_server
    await pair.far.ring()
    await answer_as(pair.far, "sfb-answer.txt")
    response = await pair.near.final()
    assert response.get("Session-Expires") == "1800;refresher=uas"
    assert not [word for word in INSIDE if word in str(response)]
    await pair.far.confirmed()
    await pair.talk()
    pair.near.respond = lambda r: pair.near.agent.response(r, 405) if r.method == "UPDATE" else None
    refreshed = await pair.far.send(
        "UPDATE", headers=[("Session-Expires", "1800;refresher=uac"), ("Supported", "timer")]
    )
    assert (refreshed.code, refreshed.get("Session-Expires")) == (200, "1800;refresher=uac")
    await pair.talk()
    await ended(pair, by="caller")
