"""Behind an Oracle E-SBC the From has the address of its WAN, not the trunk's name: the digest alone says who calls."""

import pytest

from scenarios.dialects.speaking import CALLER, answered, call_out, ended

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("host", ["203.0.113.20", "sbc.corp.local", "sip.trunkline.internal", "10.1.2.3:5068"])
async def test_the_host_of_from_does_not_matter(edge, agent, host):
    def name(request):
        request.set("FROM", f'"Alice" <sip:+{CALLER}@{host};user=phone>;epid=8CB2A0B0E4;tag={request.tag("From")}')
        request.set("P-ASSERTED-IDENTITY", f"<sip:+{CALLER}@{host};user=phone>")

    pair = await answered(await call_out(edge, agent, "oracle-invite.sip", also=name))
    seen = pair.far.request
    assert seen.get("From").startswith(f'"Alice" <sip:+{CALLER}@{edge.domain}>;')
    for header in ("P-Asserted-Identity", "ms-call-source", "User-Agent", "History-Info"):
        assert not seen.get(header)
    await pair.talk()
    events = await ended(pair)
    assert (events[0]["caller"], events[0]["called"]) == (CALLER, pair.called)


async def test_credentials_within_the_call_stay_with_us(edge, agent):
    """`in-dialog-methods INVITE BYE` has it authorize these too."""
    pair = await answered(await call_out(edge, agent, "oracle-invite.sip"))
    authorization = pair.near.request.get("Proxy-Authorization")
    assert authorization
    await pair.talk()
    bye = await pair.near.bye(headers=[("Proxy-Authorization", authorization)])
    assert bye.code == 200
    assert not (await pair.far.hung_up()).get("Proxy-Authorization")
    await pair.events("end")
