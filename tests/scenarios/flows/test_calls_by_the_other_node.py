"""A PBX that one node alone can reach has its calls at another one, as if it were registered there."""

import json
import time

import pytest

from harness.placing import answered, hang_up
from scenarios.parties import one
from scenarios.two_nodes import Service, talk
from trunkline.contract import store, trial
from trunkline.sandbox import sdp

pytestmark = pytest.mark.engines

TRANSPORTS = ("udp", "tcp", "tls")


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
    await hang_up(*((call, incoming) if ends == "caller" else (incoming, call)))
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


async def test_a_drained_holder_still_passes_calls_on(scene, holder):
    its = await scene("tcp")
    store.set_draining(holder.store, True)
    try:
        call, incoming = await its.answered()
        await hang_up(call, incoming)
    finally:
        store.set_draining(holder.store, False)


async def test_it_moves_to_the_other_node(scene, edge, holder):
    its = await scene("tcp")
    await hang_up(*await its.answered())
    its.edge, its.holder = holder, edge
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


@pytest.mark.parametrize("ends", ["caller", "callee"])
async def test_a_nat_whose_pbx_names_its_public_address_lets_in_only_where_it_registered(scene, ends):
    """By STUN, or a setting of its own: a NAT that filters by address drops what comes from another node."""
    its = await scene("udp", natted=False)
    lets_in_only(its.pbx, its.holder.address)
    call, incoming = await its.answered()
    await talk(call, incoming)
    assert (await call.reinvite()).code == 200
    assert (await incoming.reinvite()).code == 200
    await hang_up(*((call, incoming) if ends == "caller" else (incoming, call)))
    events = await its.edge.events("end", called=its.number)
    assert one(events, "attempt")["kind"] == "registered"


def lets_in_only(pbx, address):
    receive = pbx._sockets._datagrams._receive
    pbx._sockets._datagrams._receive = lambda data, flow: receive(data, flow) if flow.remote.host == address else None


async def test_a_call_out_leaves_by_the_socket_that_is_there_for_everybody(pair, agent):
    service, (first, second) = Service(*pair), pair
    pbx, far = await agent("tls", name="pbx"), await agent(name="far")
    key, prefix = service.key(), service.route(service.carrier(far.address, far.port()))
    for node in (first, second):
        call, incoming = await answered(node, pbx, far, key, f"{prefix}001")
        assert incoming.transaction.flow.remote == node.udp
        await hang_up(call, incoming)
