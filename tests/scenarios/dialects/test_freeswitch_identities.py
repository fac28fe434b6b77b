"""FreeSWITCH with `cid-type=pid` names its caller in P-Asserted-Identity or P-Preferred-Identity, and adds Privacy."""

import pytest

from scenarios.dialects.speaking import CALLER, answered, call_out, ended

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("header", ["P-Asserted-Identity", "P-Preferred-Identity"])
@pytest.mark.parametrize("privacy", ["none", "id"])
async def test_the_from_alone_says_who_calls_and_the_wish_for_privacy_travels(edge, agent, header, privacy):
    def name(request):
        request.remove("Remote-Party-ID")
        request.headers += [(header, f'"Extension 1000" <sip:1000@{edge.domain}>'), ("Privacy", privacy)]

    pair = await answered(await call_out(edge, agent, "freeswitch-invite.sip", also=name))
    seen = pair.far.request
    assert f"sip:+{CALLER}@{edge.domain}" in seen.get("From")
    assert seen.get("Privacy") == privacy
    assert not seen.get(header)
    await pair.talk()
    assert (await ended(pair))[0]["caller"] == CALLER
