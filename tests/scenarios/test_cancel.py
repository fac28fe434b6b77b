"""CANCEL at every stage of a call, and callers that vanish."""

import asyncio
from contextlib import suppress

import pytest

from scenarios.parties import RINGING, failures, inbound, kinds, one, relayed, ringing_in, to

pytestmark = pytest.mark.engines


async def cancelled(call, edge, **fields):
    """The caller cancels, and gets 200 for that and 487 for its INVITE; the call's events."""
    response = await call.cancel()
    assert response.code == 200
    assert (await call.final(2)).code == 487
    events = await edge.events("finish", **fields)
    assert one(events, "finish")["code"] == 487
    assert failures(events)[-1][1] == "cancel"
    assert "end" not in kinds(events)
    assert call.call_id not in relayed(edge)
    return events


@pytest.mark.parametrize("direction", ["in", "out"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_before_the_far_side_says_anything(edge, agent, direction, transport):
    pair = await RINGING[direction](edge, agent, transport)
    events = await cancelled(pair.near, edge, called=pair.called)
    assert kinds(events) == ["setup", "attempt", "failed", "finish"]
    assert not pair.far.cancelled  # RFC 3261 §9.1: not before a provisional response
    pair.far.trying()
    await pair.far.was_cancelled()


async def test_after_a_100(edge, agent):
    pair = await ringing_in(edge, agent)
    pair.far.trying()
    await asyncio.sleep(0.1)
    response = await pair.near.cancel()
    assert response.code == 200
    await pair.far.was_cancelled()
    assert (await pair.near.final(2)).code == 487
    events = await pair.events("finish")
    assert kinds(events) == ["setup", "attempt", "failed", "finish"]


async def test_before_an_invite_has_left(edge, agent):
    """The caller may have its 100 before that, and nobody is to blame for what was not sent."""
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}")
    for _ in range(20):  # most of them come in time
        call = await scene.dial()
        await cancelled(call, edge, call_id=call.call_id)


@pytest.mark.parametrize("direction", ["in", "out"])
@pytest.mark.parametrize("callee", ["udp", "tls"])
async def test_while_it_rings(edge, agent, direction, callee):
    pair = await RINGING[direction](edge, agent, "udp", callee)
    await pair.far.ring()
    await pair.near.provisional(180)
    events = await cancelled(pair.near, edge, called=pair.called)
    assert kinds(events) == ["setup", "attempt", "progress", "failed", "finish"]
    request = await pair.far.was_cancelled()
    assert request.branch == pair.far.request.branch


async def test_between_two_targets(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}")
    call = await scene.dial()
    (await first.next_call()).refuse(503)
    incoming = await second.next_call()
    events = await cancelled(call, edge, called=scene.number)
    assert kinds(events) == ["setup", "attempt", "failed", "attempt", "failed", "finish"]
    incoming.trying()
    await incoming.was_cancelled()


async def test_as_a_target_refuses(edge, agent):
    """It may come while the next attempt is made, which is then not sent: the caller was told of the refusal."""
    first, second = await agent("tcp", name="first"), await agent("tcp", name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}", transport="tcp")
    for _ in range(20):  # some of them come in time
        call = await scene.dial()
        (await first.next_call()).refuse(503)
        await cancelled(call, edge, call_id=call.call_id)
        with suppress(TimeoutError):
            (await second.next_call(0.1)).trying()


async def test_nobody_else_is_rung_after_a_cancel(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second)}")
    call = await scene.dial()
    await first.next_call()
    await cancelled(call, edge, called=scene.number)
    with pytest.raises(TimeoutError):
        await second.next_call(timeout=2.3)


async def test_an_answer_that_crosses_it_is_an_answer(edge, agent):
    pair = await ringing_in(edge, agent)
    await pair.far.ring()
    await pair.near.provisional(180)
    answered = []

    def answer(request):
        answered.append(request)
        pair.far.agent.spawn(pair.far.answer())

    pair.far.transaction.on_cancel = answer
    assert (await pair.near.cancel()).code == 200
    assert (await pair.near.final(2)).code == 200
    await pair.far.confirmed()
    await pair.near.bye()
    events = await pair.events("end")
    assert kinds(events) == ["setup", "attempt", "progress", "answer", "end"]


async def test_the_reason_travels(edge, agent):
    pair = await ringing_in(edge, agent)
    await pair.far.ring()
    await pair.near.provisional(180)
    await pair.near.cancel(headers=[("Reason", 'SIP;cause=200;text="Call completed elsewhere"')])
    request = await pair.far.was_cancelled()
    assert "cause=200" in (request.get("Reason") or "")
    assert (await pair.near.final(2)).code == 487


async def test_a_cancel_of_nothing_is_481(edge, agent):
    ua = await agent(name="stranger")
    response = await ua.request("CANCEL", edge.uri("+447700900000"), edge.udp)
    assert response.code == 481
    assert response.warning


async def test_a_caller_that_vanishes_leaves_nothing_behind(edge, agent):
    pair = await ringing_in(edge, agent, "tcp")
    await pair.far.ring()
    await pair.near.provisional(180)
    pair.near.agent.drop_connections()
    pair.far.refuse(486)
    events = await pair.events("finish")
    assert kinds(events) == ["setup", "attempt", "progress", "failed", "finish"]
    assert pair.near.call_id not in relayed(edge)
