"""Carriers that say 100 at once, and need long until they know where a call rings, as calls to other countries do."""

import asyncio

import pytest

from harness import placing
from scenarios.parties import failures
from trunkline.edge import failover

pytestmark = pytest.mark.engines

SILENCE, TRYING = 1000, 3000  # ms


@pytest.fixture(scope="module")
def edge(addresses):
    """An edge with whose patience a test can play."""
    from harness.plugin import running

    with running(addresses, calls={"carrier_timeout_ms": SILENCE, "trying_timeout_ms": TRYING}) as started:
        yield started


@pytest.fixture
def two_addresses(edge, agent):
    """Makes a carrier with two addresses, and another behind it: the three agents, and a number."""

    async def make():
        first, second, other = await agent(name="first"), await agent(name="second"), await agent(name="other")
        edge.resolution("slow.example", [[a.address, a.port(), n, 0] for n, a in enumerate((first, second))])
        prefix = edge.route(edge.carrier("slow.example", 0, ()), edge.carrier(other.address, other.port()))
        return first, second, other, f"{prefix}001"

    return make


async def trying(edge, agent, carrier, number):
    """A call whose carrier has said 100, and nothing for longer than it might have been silent: both ends."""
    call = await placing.dial(edge, await agent(), edge.key(), f"+{number}")
    slow = await carrier.next_call()
    slow.trying()
    await asyncio.sleep(2 * SILENCE / 1000)
    return call, slow


async def test_one_that_is_there_may_ring_after_the_silence_of_others(edge, agent, two_addresses):
    first, second, other, number = await two_addresses()
    call, slow = await trying(edge, agent, first, number)
    slow.trying()
    await slow.ring()
    await slow.answer()
    assert (await call.final()).code == 200
    await placing.hang_up(call, slow)
    assert failures(await edge.events("end", called=number)) == []
    assert not second.calls
    assert not other.calls


async def test_one_that_never_rings_is_given_up_with_all_its_addresses(edge, agent, two_addresses):
    first, second, other, number = await two_addresses()
    call, slow = await trying(edge, agent, first, number)
    slow.trying()  # once more, which gives it no more time
    incoming = await other.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    await placing.hang_up(call, incoming)
    events = await edge.events("end", called=number)
    assert failures(events) == [(1, "silence", None)]
    [failed] = [event for event in events if event["event"] == "failed"]
    assert failed["reason"] == failover.ONLY_TRYING
    assert not second.calls
    assert slow.ended or slow.finished


async def test_what_it_refuses_late_has_taken_no_time_of_its_next_address(edge, agent, two_addresses):
    first, second, _, number = await two_addresses()
    call, slow = await trying(edge, agent, first, number)
    slow.refuse(503)
    incoming = await second.next_call()
    await asyncio.sleep(SILENCE / 2000)
    await incoming.answer()
    assert (await call.final()).code == 200
    await placing.hang_up(call, incoming)
    assert failures(await edge.events("end", called=number)) == [(1, "reply", 503)]


async def test_a_uri_of_a_customer_has_the_time_that_it_was_given(edge, agent):
    silent, second, pbx = await agent(name="silent"), await agent(name="far"), await agent(name="pbx")
    number = edge.number(f"sip:1@{silent.address}:{silent.port()};timeout=2000,sip:2@{second.address}:{second.port()}")
    call = await placing.dial(edge, pbx, edge.key(), number)
    (await silent.next_call()).trying()
    incoming = await second.next_call(TRYING / 1000)
    await incoming.answer()
    assert (await call.final()).code == 200
    await placing.hang_up(call, incoming)
