"""A Mitel Border Gateway takes calls only from the addresses that it was told, and from port 5060 alone. MiVoice routes
by P-Called-Party-ID, where there is one, before the Request-URI."""

import pytest

from scenarios.parties import Pair, inbound, to

pytestmark = pytest.mark.engines


async def test_calls_and_later_requests_come_from_the_address_and_port_that_it_pings(edge, agent):
    gateway = await agent(name="gateway")
    scene = await inbound(edge, agent, to(gateway, "12014640000"))
    call = await scene.dial(headers=[("P-Called-Party-ID", "<sip:+12125550100@carrier.example>")])
    incoming = await gateway.next_call()
    assert not incoming.request.get("P-Called-Party-ID")
    assert incoming.user == "12014640000"  # routed by the Request-URI, as it was written in Forward to SIP
    assert f"sip:{scene.number}@{edge.domain}" in incoming.request.get("To")
    await incoming.answer()
    assert (await call.final()).code == 200
    await incoming.confirmed()
    await Pair(call, incoming, edge, scene.number).talk()
    assert (await call.bye()).code == 200
    await incoming.hung_up()
    sources = {entry.remote for entry in gateway.trace.entries if entry.local.startswith(gateway.address)}
    assert sources == {f"{edge.address}:5060"}
    assert edge.udp.port == 5060
    await scene.events("end")


async def test_a_caller_who_shows_no_number_is_put_through(edge, agent):
    """MiVoice takes anonymous calls, and so does an Ingate, which has a row for them."""
    gateway = await agent(name="gateway")
    scene = await inbound(edge, agent, to(gateway, "12014640000"))
    anonymous = '"Anonymous" <sip:anonymous@anonymous.invalid>'
    call = await scene.dial(caller=anonymous, headers=[("Privacy", "id")])
    incoming = await gateway.next_call()
    assert incoming.caller.uri.startswith("sip:anonymous@")
    assert incoming.request.get("Privacy") == "id"
    await incoming.answer()
    assert (await call.final()).code == 200
    await Pair(call, incoming, edge, scene.number).talk()
    assert (await call.bye()).code == 200
    await incoming.hung_up()
    await scene.events("end")
