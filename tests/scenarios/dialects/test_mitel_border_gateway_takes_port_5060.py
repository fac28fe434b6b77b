"""A Mitel Border Gateway takes calls only from the addresses that it was told, and from port 5060 alone."""

import pytest

from scenarios.parties import inbound, to

pytestmark = pytest.mark.engines


async def test_calls_and_later_requests_come_from_the_address_and_port_that_it_pings(edge, agent):
    gateway = await agent(name="gateway")
    scene = await inbound(edge, agent, to(gateway, "12014640000"))
    call = await scene.dial()
    incoming = await gateway.next_call()
    assert incoming.user == "12014640000"  # routed by the Request-URI, as it was written in Forward to SIP
    assert f"sip:{scene.number}@{edge.domain}" in incoming.request.get("To")
    await incoming.answer()
    assert (await call.final()).code == 200
    await incoming.confirmed()
    assert (await call.bye()).code == 200
    await incoming.hung_up()
    sources = {entry.remote for entry in gateway.trace.entries if entry.local.startswith(gateway.address)}
    assert sources == {f"{edge.address}:5060"}
    assert edge.udp.port == 5060
    await scene.events("end")
