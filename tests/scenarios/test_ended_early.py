"""Calls that nobody has answered yet, and that somebody wants ended."""

import asyncio
import time

import pytest

from harness.plugin import running
from harness.polling import PATIENCE
from scenarios.parties import RINGING, failures, forgotten, inbound, kinds, one, refused, ringing_in, to
from trunkline.contract import clearing
from trunkline.node import orders

pytestmark = pytest.mark.engines
WORDS = "Whoever runs this service ended the call"


@pytest.fixture(scope="module")
def edge(addresses):
    with running(addresses) as started:
        yield started


async def order(edge, **fields):
    """Have the newest call end; its uid."""
    uid = one(await edge.events("attempt", **fields), "setup")["call"]
    orders.want(edge.home.endings, [uid])
    return uid


@pytest.mark.parametrize("direction", ["in", "out"])
@pytest.mark.parametrize(("caller", "callee"), [("udp", "udp"), ("tls", "tcp")])
async def test_one_that_rings(edge, agent, direction, caller, callee):
    pair = await RINGING[direction](edge, agent, caller, callee)
    await pair.far.ring()
    await pair.near.provisional(180)
    await order(edge, called=pair.called)
    assert not (await pair.far.was_cancelled()).get(clearing.HEADER)
    await refused(pair.near, 480, WORDS)
    events = await pair.events("finish")
    assert kinds(events) == ["setup", "attempt", "progress", "failed", "finish"]
    assert failures(events) == [(1, "order", None)]
    assert WORDS in one(events, "finish")["warning"]
    await forgotten(edge, pair.near)


async def test_its_transaction_is_let_go(edge, agent):
    pair = await ringing_in(edge, agent)
    await pair.far.ring()
    await pair.near.provisional(180)
    await order(edge, called=pair.called)
    await refused(pair.near, 480, WORDS)
    assert pair.near.call_id in str(edge.rpc("tm.list"))
    deadline = time.monotonic() + PATIENCE
    while pair.near.call_id in str(edge.rpc("tm.list")):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def test_nobody_else_is_rung(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second)}")
    call = await scene.dial()
    await first.next_call()
    await order(edge, called=scene.number)
    await refused(call, 480, WORDS)
    with pytest.raises(TimeoutError):
        await second.next_call(timeout=1)


async def test_one_that_is_answered_at_that_moment_is_hung_up(edge, agent):
    pair = await ringing_in(edge, agent)
    await pair.far.ring()
    await pair.near.provisional(180)
    pair.far.transaction.on_cancel = lambda request: pair.far.agent.spawn(pair.far.answer())
    await order(edge, called=pair.called)
    assert (await pair.near.final()).code == 200
    await asyncio.gather(pair.near.hung_up(30), pair.far.hung_up(30))
    assert one(await pair.events("end"), "end")["reason"] == "whoever runs this service ended it"
