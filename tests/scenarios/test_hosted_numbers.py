"""Where a hosted number may lead: to its owner's PBX, whoever calls it; never round in a circle, never to a carrier."""

import pytest

from scenarios.parties import CUSTOMER, answered_by, kinds, one, refused, to

pytestmark = pytest.mark.engines


async def test_a_hosted_number_goes_straight_to_its_owner(edge, agent):
    key, caller, pbx = edge.key(), await agent(name="caller"), await agent(name="pbx")
    number = edge.number(to(pbx))
    call = await caller.dial(edge.uri(number), edge.udp, caller=CUSTOMER, user=key.name, secret=key.secret)
    incoming = await answered_by(pbx, call)
    assert incoming.caller.uri == f"sip:447700900000@{edge.domain}"
    events = await edge.events("end", called=number)
    setup = one(events, "setup")
    assert (setup["direction"], setup["account"]) == ("internal", key.account_id)
    assert setup["owner"] not in (None, key.account_id)


async def test_a_customer_may_call_its_own_number(edge, agent):
    key, pbx = edge.key(), await agent(name="pbx")
    number = edge.number(to(pbx), key.account_id)
    call = await pbx.dial(edge.uri(f"+{number}"), edge.udp, caller=CUSTOMER, user=key.name, secret=key.secret)
    await answered_by(pbx, call)
    setup = one(await edge.events("end", called=number), "setup")
    assert (setup["direction"], setup["account"], setup["owner"]) == ("internal", key.account_id, key.account_id)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_forward_to_ourselves_is_no_loop(edge, agent, transport):
    hop = getattr(edge, transport)
    number = edge.number()
    edge.number(f"sip:{number}@{hop.host}:{hop.port};transport={transport}", e164=number)
    trunk = await agent(name="trunk")
    edge.carrier(trunk.address, trunk.port())
    call = await trunk.dial(edge.uri(f"+{number}"), edge.udp)
    await refused(call, 480, "this service")
    events = await edge.events("finish", called=number)
    assert kinds(events) == ["setup", "attempt", "failed", "finish"]
    assert not edge.journal(event="reject", source=f"udp:{edge.address}:{edge.settings.sip.port}")


async def test_a_contact_that_names_ourselves_is_no_loop(edge, agent):
    """The call goes to where the REGISTER came from, whatever its Contact names."""
    key, pbx, trunk = edge.key(), await agent(name="pbx"), await agent(name="trunk")
    response = await pbx.register(
        edge.uri("x"), key.name, key.secret, edge.udp, contact=f"<sip:1@{edge.address}:{edge.settings.sip.port}>"
    )
    assert response.code == 200
    number = edge.number(f"sip:{key.name}@{edge.domain}", key.account_id)
    edge.carrier(trunk.address, trunk.port())
    call = await trunk.dial(edge.uri(f"+{number}"), edge.udp)
    (await pbx.next_call()).refuse(486)
    assert (await call.final()).code == 486
    await pbx.register(edge.uri("x"), key.name, key.secret, edge.udp, expires=0)


async def test_a_circle_through_other_services_ends_soon(edge, own_edge, agent):
    """Each of three takes the one before for a carrier, so none can tell that its own PBX is part of a circle."""
    ring = [edge, own_edge(), own_edge()]
    for here, after in zip(ring, [*ring[1:], edge], strict=True):
        after.carrier(here.address, here.settings.sip.port)
        here.number(f"sip:+99940999001@{after.address}", e164="99940999001")
    trunk = await agent(name="trunk")
    edge.carrier(trunk.address, trunk.port())
    call = await trunk.dial(edge.uri("+99940999001"), edge.udp)
    # Max-Forwards ends it with 483, unless the message outgrew a datagram before, or its Contact what is taken: each
    # hop hides the last one's Via and Contact within its own.
    assert (await call.final(10)).code in (400, 480, 483, 486)
    assert call.warning or edge.call_events(called="99940999001")
    assert len(edge.journal(event="setup", called="99940999001")) <= 20


async def test_an_invite_that_a_proxy_sends_back_is_refused(edge, agent):
    """Or its address would be seen in the answer, and nobody be heard: a PBX places a call of its own."""
    proxy, trunk = await agent(name="proxy"), await agent(name="trunk")
    edge.carrier(trunk.address, trunk.port())
    account = edge.account(sources=(proxy.address,))
    number, other = edge.number(to(proxy), account), edge.number("sip:1@192.0.2.1", account)
    call = await trunk.dial(edge.uri(f"+{number}"), edge.udp)
    incoming = await proxy.next_call()
    passed = [
        ("Record-Route", f"<sip:{proxy.address};lr>"),
        *(("Record-Route", r) for r in incoming.request.all("Record-Route")),
    ]
    await refused(await proxy.dial(edge.uri(other), edge.udp, caller=CUSTOMER, headers=passed), 482, "came from here")
    assert [e["event"] for e in edge.call_events(called=other)] == ["reject"]
    incoming.refuse(482)
    assert (await call.final()).code == 482


async def test_a_number_is_not_forwarded_to_a_carrier(edge, agent):
    """It would be a call past the routes and limits, which the carrier takes for the operator's own."""
    carrier, trunk = await agent(name="carrier"), await agent(name="trunk")
    for party in (carrier, trunk):
        edge.carrier(party.address, party.port())
    number = edge.number(f"sip:+9001234567@{carrier.address}:{carrier.port()}")
    call = await trunk.dial(edge.uri(f"+{number}"), edge.udp)
    assert (await call.final()).code == 480
    assert "leads to a carrier" in call.warning
    with pytest.raises(TimeoutError):
        await carrier.next_call(timeout=0.5)


async def test_a_number_is_not_forwarded_to_where_only_this_machine_is(edge, agent):
    """The caller gets on to the next target, and the record says why the first was passed over."""
    trunk, pbx = await agent(name="trunk"), await agent(name="pbx")
    edge.carrier(trunk.address, trunk.port())
    edge.resolution("metadata.example", [["169.254.169.254", 5060, 0, 0]])
    number = edge.number(f"sip:1@metadata.example,sip:2@{pbx.address}:{pbx.port()}")
    call = await trunk.dial(edge.uri(f"+{number}"), edge.udp)
    incoming = await pbx.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    await call.bye()
    [failed] = [event for event in edge.call_events(called=number) if event["event"] == "failed"]
    assert failed["reason"] == "it leads to a link-local address instead of a PBX"
