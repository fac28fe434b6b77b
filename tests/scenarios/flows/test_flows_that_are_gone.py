"""A connection, or the node that held it, is gone: the next target is called, and nobody else who has the address."""

import asyncio
import json
import time

import pytest

from harness.placing import hang_up
from scenarios.parties import failures, kinds, to
from scenarios.two_nodes import connections_made, contact_of, talk
from trunkline.sandbox.transport import Hop

pytestmark = pytest.mark.engines


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


@pytest.mark.parametrize("timeout", [2000, 5000])
async def test_a_pbx_that_may_be_reached_by_everybody_is_called_directly_when_its_node_is_gone(scene, holder, timeout):
    its = await scene("udp", natted=False, timeout=timeout)
    await asyncio.to_thread(holder.kill, "kamailio")
    try:
        call, incoming = await its.arrives()
        assert incoming.transaction.flow.remote == its.edge.udp
        await incoming.answer()
        assert (await call.final()).code == 200
        await incoming.confirmed()
        await talk(call, incoming)
        assert (await call.reinvite()).code == 200
        assert (await incoming.reinvite()).code == 200
        await hang_up(call, incoming)
        events = await its.edge.events("end", called=its.number)
        assert kinds(events) == ["setup", "attempt", "answer", "end"]
    finally:
        holder.start_engine("kamailio")
        await asyncio.to_thread(holder.wait_ready)


@pytest.mark.parametrize("natted", [False, True])
async def test_one_that_nobody_reaches_is_silent(scene, holder, agent, natted):
    """The time of the URI is for both ways together; there is one to a PBX that names a private address."""
    other = await agent(name="other")
    its = await scene("udp", natted=natted, forward=to(other), timeout=2000)
    await asyncio.to_thread(holder.kill, "kamailio")
    if not natted:
        its.pbx._sockets._datagrams._receive = lambda data, flow: None
    try:
        call, incoming = await its.arrives_at(other)
        incoming.refuse(486)
        assert (await call.final()).code == 486
        events = await its.edge.events("finish", called=its.number)
        assert failures(events) == [(1, "silence", None), (2, "reply", 486)]
    finally:
        holder.start_engine("kamailio")
        await asyncio.to_thread(holder.wait_ready)


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
