"""PBXs behind NAT: what they write of themselves is wrong, and everything reaches them all the same."""

import pytest

from harness import placing
from harness.node import eventually
from harness.polling import PATIENCE
from scenarios.parties import CARRIER, CUSTOMER, kinds, one, to
from trunkline.node import orders, probes

pytestmark = pytest.mark.engines

PRIVATE = "192.168.77.10"
OLD = "192.0.2.66"  # a public address that a NAT had
PING, ALIVE = b"\0\0\0\0", b"\r\n\r\n"


def behind_nat(agent, named=PRIVATE):
    """Have an agent write another address, a private one, wherever it names itself."""
    agent.contact_for = lambda hop, user="": f"<sip:{user or agent.name}@{named}:5060;transport={hop.transport}>"
    agent._via = lambda hop, via=agent._via: via(hop).replace(agent.address, named)


def private_sdp(request_or_body, address):
    return request_or_body.replace(address.encode(), PRIVATE.encode())


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("ends", ["caller", "callee"])
async def test_a_pbx_behind_nat_calls_out(edge, agent, transport, ends):
    key, far, pbx = edge.key(), await agent(name="far"), await agent(transport, name="pbx")
    behind_nat(pbx)
    prefix = edge.route(edge.carrier(far.address, far.port()))

    def edit(request):
        request.body = private_sdp(request.body, pbx.address)

    call = await pbx.dial(
        edge.uri(f"+{prefix}001"),
        getattr(edge, transport),
        caller=CUSTOMER,
        user=key.name,
        secret=key.secret,
        edit=edit,
    )
    incoming = await far.next_call()
    assert PRIVATE not in str(incoming.request)
    await incoming.answer()
    assert (await call.final()).code == 200
    call.audio.play(440)
    await incoming.audio.hear(440)
    incoming.audio.play(600)
    await call.audio.hear(600)  # to where the PBX's audio comes from, not to where its SDP says
    assert (await incoming.reinvite()).code == 200
    await placing.hang_up(*((call, incoming) if ends == "caller" else (incoming, call)))
    events = await edge.events("end", called=f"{prefix}001")
    assert kinds(events) == ["setup", "attempt", "answer", "end"]
    assert one(events, "end")["by"] == ends


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_pbx_behind_nat_is_called(edge, agent, transport):
    pbx, trunk = await agent(transport, name="pbx"), await agent(name="trunk")
    edge.carrier(trunk.address, trunk.port())
    number = edge.number(to(pbx))
    behind_nat(pbx)
    call = await trunk.dial(edge.uri(f"+{number}"), edge.udp, caller=CARRIER)
    incoming = await pbx.next_call()
    await incoming.open_audio()
    await incoming.ring()
    await incoming.answer(private_sdp(incoming.take_offer(incoming.request.body), pbx.address))
    assert (await call.final()).code == 200
    await incoming.confirmed()
    incoming.audio.play(600)
    await call.audio.hear(600)
    call.audio.play(440)
    await incoming.audio.hear(440)
    assert (await call.reinvite()).code == 200
    assert (await call.bye()).code == 200
    await incoming.hung_up()
    events = await edge.events("end", called=number)
    assert one(events, "end")["by"] == "caller"


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_registered_pbx_is_called_over_its_own_connection(edge, agent, transport):
    key, pbx, trunk = edge.key(), await agent(transport, name="pbx"), await agent(name="trunk")
    edge.carrier(trunk.address, trunk.port())
    behind_nat(pbx)
    hop = getattr(edge, transport)
    assert (await pbx.register(edge.uri("x"), key.name, key.secret, hop)).code == 200
    number = edge.number(f"sip:{key.name}@{edge.domain}", key.account_id)
    call = await trunk.dial(edge.uri(f"+{number}"), edge.udp, caller=CARRIER)
    incoming = await pbx.next_call()
    assert incoming.transaction.flow.remote == hop  # the connection that the PBX opened
    await incoming.answer()
    assert (await call.final()).code == 200
    await call.bye()
    await incoming.hung_up()
    await edge.events("end", called=number)


async def test_a_registered_pbx_that_names_its_public_address_is_pinged(edge, agent):
    """It may have that address from a NAT in front of it, which lets nothing in any more after half a minute."""
    key, pbx, pings = edge.key(), await agent(name="pbx"), []
    receive = pbx._sockets._datagrams._receive
    pbx._sockets._datagrams._receive = lambda data, flow: pings.append(data) if data == PING else receive(data, flow)
    assert (await pbx.register(f"sip:{edge.domain}", key.name, key.secret, edge.udp)).code == 200
    await eventually(lambda: pings, 2 * PATIENCE, "a ping through the NAT")


@pytest.mark.parametrize("hidden", [True, False])
async def test_the_way_to_a_pbx_that_only_places_calls_is_kept_open_while_one_is_up(edge, agent, hidden):
    """Nobody else would keep it open, and the far side's BYE would not arrive. One without NAT is not disturbed."""
    key, far, pbx, signs = edge.key(), await agent(name="far"), await agent(name="pbx"), []
    if hidden:
        behind_nat(pbx)
    receive = pbx._sockets._datagrams._receive
    pbx._sockets._datagrams._receive = lambda data, flow: signs.append(data) if data == ALIVE else receive(data, flow)
    prefix = edge.route(edge.carrier(far.address, far.port()))
    credentials = {"caller": CUSTOMER, "user": key.name, "secret": key.secret}
    call = await pbx.dial(edge.uri(f"+{prefix}001"), edge.udp, **credentials)
    incoming = await far.next_call()
    await incoming.answer()
    await call.final()
    assert kept_awake(edge) == ([f"{pbx.address}:{pbx.port()}"] if hidden else [])
    if hidden:
        await eventually(lambda: signs, 2 * PATIENCE, "something through the NAT")
    assert (await incoming.bye()).code == 200
    await call.hung_up()
    assert kept_awake(edge) == []


async def test_the_way_to_a_caller_is_kept_open_whatever_its_callee_offers(edge, agent):
    key, pbx, other = edge.key(), await agent(name="pbx"), await agent(name="far")
    behind_nat(pbx)
    number = edge.number(to(other))
    credentials = {"caller": CUSTOMER, "user": key.name, "secret": key.secret}
    call = await pbx.dial(edge.uri(f"+{number}"), edge.udp, **credentials)
    incoming = await other.next_call()
    await incoming.answer()
    await call.final()
    await incoming.confirmed()
    behind_nat(other)
    assert (await incoming.reinvite()).code == 200
    assert kept_awake(edge) == [f"{pbx.address}:{pbx.port()}"]
    await placing.hang_up(incoming, call)


async def test_a_call_whose_end_the_edge_never_sees_is_let_go_with_its_record(edge, agent):
    """It counted, and its caller was sent something every 12 s, for the time of the longest call."""
    account = edge.account()
    key, far, pbx = edge.key(account), await agent(name="far"), await agent(name="pbx")
    behind_nat(pbx)
    prefix = edge.route(edge.carrier(far.address, far.port()))
    credentials = {"caller": CUSTOMER, "user": key.name, "secret": key.secret}
    call = await pbx.dial(edge.uri(f"+{prefix}001"), edge.udp, **credentials)
    incoming = await far.next_call()
    incoming.request.remove("Record-Route")  # so that nobody can be sent a BYE
    await incoming.answer()
    await call.final()
    assert (len(kept_awake(edge)), placing.active(edge, account)) == (1, 1)
    events = await edge.events("answer", called=f"{prefix}001")
    orders.want(edge.home.endings, [one(events, "setup")["call"]])
    ended = one(await edge.events("end", called=f"{prefix}001"), "end")
    assert ended["by"] == "edge"
    await eventually(lambda: not kept_awake(edge), what="the way to its caller is kept open no more")
    await eventually(lambda: not placing.active(edge, account), what="the call counts no more")


def kept_awake(edge):
    slots = probes.kamailio_rpc(edge.home.kamailio_rpc, "htable.dump", "awake")
    return [entry["value"] for slot in slots for entry in slot["slot"]]


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_a_registered_pbx_that_names_a_wrong_public_address_is_reached_in_its_calls(edge, agent, direction):
    """One that its NAT had yesterday, or the right one with a port that the NAT has given to another PBX."""
    key, far, pbx = edge.key(), await agent(name="far"), await agent(name="pbx")
    prefix = edge.route(edge.carrier(far.address, far.port()))
    behind_nat(pbx, OLD)
    assert (await pbx.register(f"sip:{edge.domain}", key.name, key.secret, edge.udp)).code == 200
    if direction == "in":
        number = edge.number(f"sip:{key.name}@{edge.domain}", key.account_id)
        near = theirs = await far.dial(edge.uri(f"+{number}"), edge.udp, caller=CARRIER)
        incoming = ours = await pbx.next_call()
    else:
        credentials = {"caller": CUSTOMER, "user": key.name, "secret": key.secret}
        near = ours = await pbx.dial(edge.uri(f"+{prefix}001"), edge.udp, **credentials)
        incoming = theirs = await far.next_call()
    await incoming.answer()
    assert (await near.final()).code == 200
    await incoming.confirmed()
    assert (await theirs.reinvite()).code == 200
    assert (await ours.reinvite()).code == 200
    assert (await theirs.bye()).code == 200
    await ours.hung_up()


async def test_a_reply_goes_to_where_the_request_came_from(edge, agent):
    pbx = await agent(name="pbx")
    behind_nat(pbx)
    call = await pbx.invite(edge.uri("+447700900000"), edge.udp, caller=CUSTOMER)
    assert call.code == 407
    assert f"received={pbx.address};rport={pbx.port()}" in call.response.get("Via").replace(
        f"rport={pbx.port()};received={pbx.address}", f"received={pbx.address};rport={pbx.port()}"
    )
