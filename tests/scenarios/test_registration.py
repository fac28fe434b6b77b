"""REGISTER: where a PBX says it is, how long that holds, and that calls to `sip:KEY@DOMAIN` find it there."""

import pytest

from harness import placing
from harness.node import eventually
from scenarios.parties import connected
from trunkline.sandbox.message import Address, Request, Response

pytestmark = pytest.mark.engines


@pytest.fixture
def registrar(edge):
    return f"sip:{edge.domain}"


@pytest.fixture
def inbound(edge):
    """Makes a number that is forwarded to a key's registration, and a carrier to call it: (carrier, number)."""

    async def make(agent, key):
        carrier = await agent()
        edge.carrier(carrier.address, carrier.port())
        number = edge.number(f"sip:{key.name}@{edge.domain};timeout=2000", account_id=key.account_id)
        return carrier, number

    return make


async def bindings(edge, ua, key) -> dict[str, int]:
    """What the service has: contact URI -> remaining s. A REGISTER without Contact asks (RFC 3261 §10.2.3)."""
    record = f"<sip:{key.name}@{edge.domain}>"
    response = await ua.request(
        "REGISTER", f"sip:{edge.domain}", getattr(edge, ua.transport),
        caller=record, callee=record, user=key.name, secret=key.secret,
    )  # fmt: skip
    assert response.code == 200
    return _contacts(response)


def _contacts(response: Response) -> dict[str, int]:
    values = [Address.parse(value) for value in response.values("Contact")]
    return {value.uri: int(value.parameters["expires"]) for value in values}


async def call_and_hear(edge, carrier, pbx, number) -> None:
    call = await carrier.dial(edge.uri(f"+{number}"), edge.udp, caller="<sip:+447700900001@carrier.example>")
    incoming = await pbx.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    call.audio.play(440)
    incoming.audio.play(600)
    await incoming.audio.hear(440)
    await call.audio.hear(600)
    await placing.hang_up(call, incoming)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_registered_pbx_is_called(edge, agent, inbound, registrar, transport):
    key, pbx = edge.key(), await agent(transport)
    carrier, number = await inbound(agent, key)
    response = await pbx.register(registrar, key.name, key.secret, getattr(edge, transport), expires=120)
    assert response.code == 200
    assert [110 <= seconds <= 120 for seconds in _contacts(response).values()] == [True]
    await call_and_hear(edge, carrier, pbx, number)
    events = await edge.events("end", called=number)
    attempt = next(event for event in events if event["event"] == "attempt")
    assert (attempt["kind"], attempt["target"]) == ("registered", f"sip:{key.name}@{edge.domain};timeout=2000")
    assert events[0]["account"] == key.account_id


async def test_it_is_refreshed_fetched_and_removed(edge, agent, inbound, registrar):
    key, pbx = edge.key(), await agent()
    carrier, number = await inbound(agent, key)
    assert await bindings(edge, pbx, key) == {}
    await pbx.register(registrar, key.name, key.secret, edge.udp, expires=100)
    await pbx.register(registrar, key.name, key.secret, edge.udp, expires=600)
    known = await bindings(edge, pbx, key)
    assert list(known) == [Address.parse(pbx.contact_for(edge.udp, key.name)).uri]
    assert 590 <= known.popitem()[1] <= 600
    assert (await pbx.register(registrar, key.name, key.secret, edge.udp, expires=0)).code == 200
    assert await bindings(edge, pbx, key) == {}
    call = await carrier.invite(edge.uri(f"+{number}"), edge.udp, caller="<sip:+447700900001@carrier.example>")
    assert call.code == 480
    assert call.warning
    events = await edge.events("finish", called=number)
    assert "no PBX is registered" in next(e for e in events if e["event"] == "failed")["reason"]


async def test_all_bindings_may_be_removed_at_once(edge, agent, registrar):
    key, pbx = edge.key(), await agent()
    await pbx.register(registrar, key.name, key.secret, edge.udp)
    response = await pbx.register(registrar, key.name, key.secret, edge.udp, contact="*", expires=0)
    assert response.code == 200
    assert await bindings(edge, pbx, key) == {}


@pytest.mark.parametrize(("asked", "given"), [(1, 60), (60, 60), (999_999, 7200)])
async def test_a_lifetime_is_kept_within_bounds(edge, agent, registrar, asked, given):
    key, pbx = edge.key(), await agent()
    response = await pbx.register(registrar, key.name, key.secret, edge.udp, expires=asked)
    assert response.code == 200
    assert list(_contacts(response).values()) == [given]


async def test_the_last_contact_wins(edge, agent, inbound, registrar):
    key, first, second = edge.key(), await agent(), await agent()
    carrier, number = await inbound(agent, key)
    await first.register(registrar, key.name, key.secret, edge.udp)
    await second.register(registrar, key.name, key.secret, edge.udp)
    await call_and_hear(edge, carrier, second, number)
    await first.register(registrar, key.name, key.secret, edge.udp)
    await call_and_hear(edge, carrier, first, number)
    assert not [call for call in second.calls.values() if not call.ended]


async def test_contacts_that_change_again_and_again_do_not_pile_up(edge, agent, inbound, registrar):
    """A PBX behind NAT or on TCP may name another port each time."""
    key, pbx = edge.key(), await agent()
    carrier, number = await inbound(agent, key)
    for port in range(20001, 20016):
        contact = f"<sip:{key.name}@{pbx.address}:{port}>"
        assert (await pbx.register(registrar, key.name, key.secret, edge.udp, contact=contact)).code == 200
    assert (await pbx.register(registrar, key.name, key.secret, edge.udp)).code == 200
    await call_and_hear(edge, carrier, pbx, number)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("host", ["10.1.2.3", "pbx.office.example", "192.168.0.9"])
async def test_a_pbx_behind_nat_is_called_where_it_came_from(edge, agent, inbound, registrar, transport, host):
    key, pbx = edge.key(), await agent(transport)
    carrier, number = await inbound(agent, key)
    hop = getattr(edge, transport)
    contact = f"<sip:{key.name}@{host}:5060;transport={transport}>"

    def behind_nat(request: Request):
        via = request.get("Via")
        request.set("Via", via.replace(f"{pbx.address}:{pbx.port()}", f"{host}:5060"))

    response = await pbx.register(registrar, key.name, key.secret, hop, contact=contact, edit=behind_nat)
    assert response.code == 200
    await call_and_hear(edge, carrier, pbx, number)
    invite = next(iter(call.request for call in pbx.calls.values()))
    assert invite.uri.startswith(f"sip:{key.name}@{host}")  # its own Contact, by which it knows the call


@pytest.mark.parametrize("contact", ["<sip:{key}@{carrier}:{port}>", "<sip:{key}@{pbx};maddr=192.0.2.66>"])
async def test_a_contact_that_names_a_carrier_does_not_have_it_called(edge, agent, inbound, registrar, contact):
    """Or every key could call for nothing, past routes and limits."""
    key, pbx = edge.key(), await agent()
    carrier, number = await inbound(agent, key)
    contact = contact.format(key=key.name, carrier=carrier.address, port=carrier.port(), pbx=pbx.address)
    assert (await pbx.register(registrar, key.name, key.secret, edge.udp, contact=contact)).code == 200
    await call_and_hear(edge, carrier, pbx, number)


async def test_an_answer_comes_back_though_nobody_asked_for_rport(edge, agent, registrar):
    key, pbx = edge.key(), await agent()

    def without_rport(request: Request):
        request.set("Via", request.get("Via").replace(";rport", "").replace(str(pbx.port()), "5060"))

    assert (await pbx.options(edge.uri("ping"), edge.udp, edit=without_rport)).code == 200
    assert (await pbx.register(registrar, key.name, key.secret, edge.udp, edit=without_rport)).code == 200


async def test_only_the_key_itself_registers(edge, agent, registrar):
    """Contacts are kept under the key that the digest proves, whatever To says."""
    mine, theirs, pbx, stranger = edge.key(), edge.key(), await agent(), await agent()
    await pbx.register(registrar, theirs.name, theirs.secret, edge.udp)
    record = f"<sip:{theirs.name}@{edge.domain}>"
    response = await stranger.register(registrar, mine.name, mine.secret, edge.udp, caller=record, callee=record)
    assert response.code in (200, 403)
    assert list(await bindings(edge, pbx, theirs)) == [Address.parse(pbx.contact_for(edge.udp, theirs.name)).uri]


async def test_a_number_cannot_be_forwarded_to_another_accounts_key(edge, agent, registrar):
    theirs, pbx, carrier = edge.key(), await agent(), await agent()
    edge.carrier(carrier.address, carrier.port())
    await pbx.register(registrar, theirs.name, theirs.secret, edge.udp)
    number = edge.number(f"sip:{theirs.name}@{edge.domain}")
    call = await carrier.invite(edge.uri(f"+{number}"), edge.udp, caller="<sip:+447700900001@carrier.example>")
    assert call.code == 480
    assert not pbx.calls
    events = await edge.events("finish", called=number)
    assert "not one of this account" in next(e for e in events if e["event"] == "failed")["reason"]


async def test_a_wrong_secret_and_a_disabled_account_are_told_so(edge, agent, registrar):
    key, pbx = edge.key(), await agent()
    response = await pbx.register(registrar, key.name, "wrong", edge.udp)
    assert response.code == 401
    assert "secret is wrong" in response.warning
    assert response.all("WWW-Authenticate")
    edge.account(account_id=key.account_id, enabled=0)
    response = await pbx.register(registrar, key.name, key.secret, edge.udp)
    assert response.code == 403
    assert "disabled" in response.warning


async def test_an_address_is_not_enough_to_register(edge, agent, registrar):
    pbx = await agent()
    edge.account(sources=(f"{pbx.address}/32",))
    response = await pbx.request("REGISTER", registrar, edge.udp, headers=[("Contact", "<sip:x@192.0.2.1>")])
    assert response.code == 401


async def test_a_registration_survives_a_crash_of_kamailio(own_edge, agent):
    edge = own_edge()
    key, pbx, carrier = edge.key(), await agent(), await agent()
    edge.carrier(carrier.address, carrier.port())
    number = edge.number(f"sip:{key.name}@{edge.domain}", account_id=key.account_id)
    response = await pbx.register(f"sip:{edge.domain}", key.name, key.secret, edge.udp, expires=300)
    assert response.code == 200
    edge.restart("kamailio")
    await call_and_hear(edge, carrier, pbx, number)
    known = await bindings(edge, pbx, key)
    assert list(known) == [Address.parse(pbx.contact_for(edge.udp, key.name)).uri]


@pytest.mark.parametrize("listens", [True, False])
async def test_a_lost_connection_is_opened_again_where_the_contact_says_so(edge, agent, inbound, registrar, listens):
    key, pbx = edge.key(), await agent("tcp")
    carrier, number = await inbound(agent, key)
    assert (await pbx.options(edge.uri("ping"), edge.tcp)).code == 200
    source = (await pbx._sockets.flow(edge.tcp)).local[1]
    port = source if listens else pbx.port()
    contact = f"<sip:{key.name}@{pbx.address}:{port};transport=tcp>"
    assert (await pbx.register(registrar, key.name, key.secret, edge.tcp, contact=contact)).code == 200
    pbx.drop_connections()
    await eventually(lambda: not connected(edge, pbx), what="the edge notices it")
    call = await carrier.invite(edge.uri(f"+{number}"), edge.udp, caller="<sip:+447700900001@carrier.example>")
    assert call.code == 480
    events = await edge.events("finish", called=number)
    words = "the connection was refused or failed" if listens else "over a connection that is gone"
    assert words in next(e for e in events if e["event"] == "failed")["reason"]
