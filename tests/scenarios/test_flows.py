"""Two nodes, and PBXs that one of them alone can reach: behind NAT, over TCP or TLS. The other one calls them too."""

import asyncio
import json
import time

import pytest

from harness.placing import answered, hang_up
from harness.plugin import running
from scenarios.parties import failures, one, to
from scenarios.published import outside
from scenarios.test_nat import behind_nat, private_sdp
from scenarios.two_nodes import Scene, Service, connections_made, contact_of, talk
from trunkline.contract import store, trial
from trunkline.sandbox import sdp
from trunkline.sandbox.transport import Hop

pytestmark = pytest.mark.engines

TRANSPORTS = ("udp", "tcp", "tls")


@pytest.fixture(scope="module")
def pair(addresses):
    held = [addresses.take(), addresses.take()]
    with (
        running(addresses, cluster={"address": held[0], "peers": [held[1]]}) as first,
        running(addresses, like=first, cluster={"address": held[1], "peers": [held[0]]}) as second,
    ):
        yield first, second
    for address in held:
        addresses.give_back(address)


@pytest.fixture
def edge(pair):
    """The node that has the calls."""
    return pair[0]


@pytest.fixture
def holder(pair):
    """The node that the PBX registers at."""
    before = pair[1].log_size()
    yield pair[1]
    log = pair[1].log_tail(before, lines=100_000)
    assert "Traceback" not in log, log


@pytest.fixture
def scene(edge, holder, agent):
    async def make(transport, *, natted=True, forward="", timeout=3000, **account):
        service = Service(edge, holder)
        trunk, pbx = await agent(name="trunk"), await agent(transport, name="pbx")
        if natted:
            behind_nat(pbx)
        service.carrier(trunk.address, trunk.port())
        key = service.key(service.account(**account))
        uri = edge.uri(key.name, timeout=str(timeout))
        number = service.number(",".join(filter(None, (uri, forward))), key.account_id)
        made = Scene(edge, holder, pbx, trunk, key, number)
        await made.register()
        return made

    return make


@pytest.fixture(autouse=True)
def media_stays_in_the_published_ranges(agent, pair):
    """The media is at the one node, the signalling comes from the other; all endpoints of a service are published."""
    yield
    settings = [node.settings for node in pair]
    found = [place for each in settings for place in outside(agent.trace, each, *settings)]
    assert not found, found[0]


@pytest.mark.parametrize("ends", ["caller", "callee"])
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_it_is_called_held_and_hung_up(scene, transport, ends):
    its = await scene(transport)
    call, incoming = await its.answered()
    await talk(call, incoming)
    assert (await call.reinvite("sendonly")).code == 200
    assert (await incoming.reinvite()).code == 200
    assert (await incoming.update()).code == 200
    assert (await call.reinvite()).code == 200
    await talk(call, incoming)
    if ends == "caller":
        assert (await call.bye()).code == 200
        await incoming.hung_up()
    else:
        assert (await incoming.bye()).code == 200
        await call.hung_up()
    events = await its.edge.events("end", called=its.number)
    assert one(events, "end")["by"] == ends
    assert one(events, "attempt")["kind"] == "registered"
    assert not its.holder.journal(called=its.number)


async def test_its_own_node_calls_it_too(scene, holder):
    its = await scene("tcp")
    call = await its.dial(holder)
    incoming = await its.pbx.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    await hang_up(call, incoming)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_it_rings_reliably_and_is_cancelled(scene, transport):
    its = await scene(transport)
    call, incoming = await its.arrives(headers=[("Supported", "100rel")])
    await incoming.ring(183, reliable=True)
    assert (await call.cancel()).code == 200
    await incoming.was_cancelled()
    assert (await call.final()).code == 487


async def test_a_busy_pbx_is_busy(scene):
    its = await scene("tls")
    call, incoming = await its.arrives()
    incoming.refuse(486)
    assert (await call.final()).code == 486


async def test_with_srtp_over_tls(scene):
    its = await scene("tls", srtp="required")
    its.pbx.srtp = True
    call, incoming = await its.arrives()
    assert sdp.parse(incoming.request.body).is_secure
    await incoming.answer()
    assert not sdp.parse((await call.final()).body).is_secure
    await incoming.confirmed()
    await talk(call, incoming)
    assert (await incoming.reinvite()).code == 200
    await hang_up(call, incoming)


async def test_what_it_writes_of_its_origin_is_not_believed(scene, agent):
    """Or it could have audio sent to anybody."""
    its, third = await scene("udp"), agent.address()
    call, incoming = await its.arrives()
    (await incoming.open_audio()).mute()
    body = private_sdp(incoming.take_offer(incoming.request.body), its.pbx.address)
    await incoming.answer(body, headers=[("Trunkline-Origin", third)])
    assert (await call.final()).code == 200
    await talk(call, incoming)
    await hang_up(call, incoming)


async def test_a_drained_holder_still_passes_calls_on(scene, holder):
    its = await scene("tcp")
    store.set_draining(holder.store, True)
    try:
        call, incoming = await its.answered()
        await hang_up(call, incoming)
    finally:
        store.set_draining(holder.store, False)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_connection_that_is_gone_leads_to_the_next_target(scene, agent, transport):
    other = await agent(name="other")
    its = await scene(transport, forward=to(other))
    call, incoming = await its.answered()
    await hang_up(call, incoming)
    connected = connections_made(its.holder)
    await its.drop()
    call, incoming = await its.arrives_at(other)
    assert connections_made(its.holder) == connected, "whoever has that address now is not the PBX"
    await incoming.answer()
    await call.final()
    await hang_up(call, incoming)
    events = await its.edge.events("end", called=its.number)
    assert failures(events) == [(1, "reply", 430)]
    await its.register()
    call, incoming = await its.answered()
    await hang_up(call, incoming)


async def test_when_all_fails_the_caller_gets_words(scene):
    its = await scene("tcp")
    call, incoming = await its.answered()
    await hang_up(call, incoming)
    await its.drop()
    call = await its.dial()
    await call.final()
    assert (call.code, "over a connection that is gone" in call.warning) == (480, True)


async def test_it_moves_to_the_other_node(scene, edge, holder):
    its = await scene("tcp")
    await hang_up(*await its.answered())
    its.edge, its.holder = holder, edge
    await its.register()
    await hang_up(*await its.answered())


@pytest.mark.parametrize("natted", [True, False])
async def test_a_path_that_a_pbx_writes_is_not_followed(scene, agent, holder, edge, natted):
    """Or it could have us call anybody, past routes and limits."""
    its, third = await scene("udp", natted=natted), await agent(name="third")
    path = [("Path", f"<sip:x@{third.address}:{third.port()};lr>")]
    for node in (holder, edge):
        await its.register(node, headers=path)
        call, incoming = await its.arrives()
        incoming.refuse(486)
        assert (await call.final()).code == 486
    assert not third.calls


async def test_only_calls_are_passed_on_and_only_between_the_two(scene, agent, holder):
    """Whoever knows a Route of the holder's cannot have it send requests elsewhere, nor those of other calls."""
    its, third = await scene("udp"), await agent(name="third")
    call, incoming = await its.answered()
    routes = incoming.request.values("Record-Route")
    assert len(routes) == 4
    tags = {"caller": str(incoming.request.get("To")) + ";tag=x", "callee": incoming.request.get("From")}
    elsewhere = [*routes[:2], f"<sip:{third.address}:{third.port()};lr>"]
    for route, call_id in ((elsewhere, incoming.call_id), (routes, "another"), (elsewhere, "another")):
        headers = [("Route", ", ".join(route)), ("Call-ID", call_id)]
        answer = await its.pbx.request("INFO", f"sip:x@{third.address}", holder.udp, headers=headers, **tags)
        assert answer.code == 481, answer
    assert not [entry for entry in agent.trace.entries if entry.local == f"{third.address}:{third.port()}"]
    await hang_up(call, incoming)


async def test_a_holder_that_dies_costs_two_seconds(scene, agent, holder):
    other = await agent(name="other")
    its = await scene("tcp", forward=to(other), timeout=20_000)
    await hang_up(*await its.answered())
    await asyncio.to_thread(holder.kill, "kamailio")
    try:
        began = time.monotonic()
        call, incoming = await its.arrives_at(other)
        assert 1 < time.monotonic() - began < 15, "20 s is the time of the URI"
        await incoming.answer()
        assert (await call.final()).code == 200
        await hang_up(call, incoming)
        events = await its.edge.events("end", called=its.number)
        assert failures(events) == [(1, "silence", None)]
    finally:
        holder.start_engine("kamailio")
        await asyncio.to_thread(holder.wait_ready)
    # It knows of the registration, but the connection has gone with its process.
    call, incoming = await its.arrives_at(other)
    incoming.refuse(486)
    assert (await call.final()).code == 486
    events = await its.edge.events("finish", called=its.number)
    assert (1, "reply", 430) in failures(events)
    its.pbx.drop_connections()
    await its.register()
    await hang_up(*await its.answered())


async def test_a_trial_gets_there_too(scene, edge, agent):
    its, asker = await scene("tls"), await agent()
    await hang_up(*await its.answered())
    seen = []
    its.pbx.on_request = lambda request: seen.append(request) or its.pbx.response(request, 200)
    call_id, uri = f"trial-{time.monotonic_ns()}", edge.uri(its.key.name)
    key = trial.key(json.loads(edge.home.secrets.read_text())["dialog"])
    seal = trial.seal(key, call_id, uri, time.time())
    answer = await asker.options(uri, edge.udp, headers=[("Call-ID", call_id), (trial.HEADER, seal)], timeout=12)
    assert (answer.code, [request.method for request in seen]) == (200, ["OPTIONS"])


async def test_a_pbx_that_everybody_reaches_is_called_directly(scene, edge):
    """And so it is when the node that it registered at is gone."""
    its = await scene("udp", natted=False)
    call, incoming = await its.arrives()
    assert incoming.transaction.flow.remote == edge.udp
    incoming.refuse(486)
    await call.final()


async def test_what_another_node_says_of_our_own_flows_is_old(scene, pair, agent):
    """A node that comes back is told of what it held before, by one that has not heard yet what it holds now."""
    its, (first, second) = await scene("tcp"), pair
    await hang_up(*await its.answered())
    neighbour = await agent(address=first.settings.cluster.address)
    at = second.settings.cluster
    contact = {
        "action": 1,
        "aor": its.key.name,
        "ruid": contact_of(second, its.key)["Ruid"],
        "c": contact_of(second, its.key)["Address"],
        "received": f"sip:{agent.address()}:5060;transport=tcp",
        "path": f"<sip:{its.key.name}@{at.address}:{at.port};lr>",
        "expires": int(time.time()) + 300,
    }
    headers = [("Content-Type", "application/json")]
    hop, body = Hop("udp", at.address, at.port), json.dumps(contact).encode()
    answer = await neighbour.request("KDMQ", f"sip:usrloc@{at.address}:{at.port}", hop, headers=headers, body=body)
    assert answer.code == 200
    await hang_up(*await its.answered())


async def test_a_call_out_leaves_by_the_socket_that_is_there_for_everybody(pair, agent):
    service, (first, second) = Service(*pair), pair
    pbx, far = await agent("tls", name="pbx"), await agent(name="far")
    key, prefix = service.key(), service.route(service.carrier(far.address, far.port()))
    for node in (first, second):
        call, incoming = await answered(node, pbx, far, key, f"{prefix}001")
        assert incoming.transaction.flow.remote == node.udp
        await hang_up(call, incoming)
