"""*Forward to SIP*: how long a target is waited for, and what comes too late."""

import asyncio
import time

import pytest

from scenarios.parties import answered_by, failures, inbound, kinds, one, refused, relayed, to

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("says", [None, 100])
async def test_silence_ends_after_the_timeout_of_the_uri(edge, agent, says):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second)}")
    call = await scene.dial()
    dead = await first.next_call()
    started = time.monotonic()
    if says:
        dead.trying()
    await answered_by(second, call)
    assert 1.7 <= time.monotonic() - started < 4.5  # 5 by default
    assert failures(await scene.events("end")) == [(1, "silence", None)]
    if says:
        await dead.was_cancelled()
    else:
        assert not dead.cancelled  # RFC 3261 §9.1: no CANCEL before a provisional response


async def test_a_late_100_does_not_prolong_the_timeout(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second)}")
    call = await scene.dial()
    dead = await first.next_call()
    started = time.monotonic()
    await asyncio.sleep(1.5)
    dead.trying()
    await answered_by(second, call)
    assert 1.7 <= time.monotonic() - started < 3.4  # 3.5 if it did
    await scene.events("end")


async def test_all_silent_is_486(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second, timeout=2000)}")
    call = await scene.dial()
    assert (await call.final()).code == 486
    assert "Forward to SIP" in call.warning
    events = await scene.events("finish")
    assert failures(events) == [(1, "silence", None), (2, "silence", None)]
    finish = one(events, "finish")
    assert (finish["code"], finish["warning"]) == (486, call.warning)


async def test_the_default_timeout_is_five_seconds(edge, agent):
    first = await agent(name="first")
    scene = await inbound(edge, agent, to(first))
    call = await scene.dial()
    started = time.monotonic()
    assert (await call.final()).code == 486
    assert 4.6 <= time.monotonic() - started < 8


@pytest.mark.parametrize("overtaken", [False, True])
async def test_ringing_stops_the_timeout(edge, agent, overtaken):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second)}")
    call = await scene.dial()
    incoming = await first.next_call()
    await incoming.ring()
    if overtaken:  # UDP keeps no order
        incoming.trying()
    await asyncio.sleep(2.8)
    await incoming.answer()
    assert (await call.final()).code == 200
    await call.bye()
    events = await scene.events("end")
    assert kinds(events) == ["setup", "attempt", "progress", "answer", "end"]
    with pytest.raises(TimeoutError):
        await second.next_call(timeout=0.1)


@pytest.mark.parametrize("again", [False, True])
async def test_it_does_not_ring_for_ever(own_edge, agent, again):
    edge = own_edge(calls={"ring_timeout_ms": 2000})
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}")
    call = await scene.dial()
    incoming = await first.next_call()
    started = time.monotonic()
    await incoming.ring()
    if again:  # RFC 3261 §13.3.1.1 has a callee repeat its 18x; that is no reason to ring longer
        await asyncio.sleep(1.2)
        await incoming.ring()
    await refused(call, 480, "2 s")
    assert 1.7 <= time.monotonic() - started < 3.1
    await incoming.was_cancelled()
    events = await scene.events("finish")
    assert failures(events) == [(1, "ring", None)]
    assert one(events, "finish")["warning"] == call.warning
    with pytest.raises(TimeoutError):
        await second.next_call(timeout=0.2)


async def test_a_200_that_comes_too_late_is_not_taken(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second)}")
    call = await scene.dial()
    late = await first.next_call()
    incoming = await second.next_call()
    await late.answer()
    await incoming.ring()
    await call.provisional(180)
    await incoming.answer()
    assert (await call.final()).code == 200
    # Its BYE, because no ACK came, must not end the call that the other one has.
    await late.bye()
    assert "end" not in kinds(edge.call_events(called=scene.number))
    assert call.call_id in relayed(edge)
    await call.bye()
    events = await scene.events("end")
    assert kinds(events) == ["setup", "attempt", "failed", "attempt", "progress", "answer", "end"]
    assert one(events, "end")["by"] == "caller"
    assert one(events, "answer")["n"] == 2
    tags = {r.tag("To") for r in call.responses if r.code >= 180}
    assert tags == {incoming.local_tag}


async def test_a_200_after_all_is_over_changes_nothing(edge, agent):
    first = await agent(name="first")
    scene = await inbound(edge, agent, to(first, timeout=2000))
    call = await scene.dial()
    late = await first.next_call()
    assert (await call.final()).code == 486
    await scene.events("finish")
    await late.answer()
    await asyncio.sleep(1.2)  # two repetitions of the 200
    # A proxy passes each 2xx on (RFC 3261 §16.7 step 5), so that the caller can end what it does not want.
    assert [r.code for r in call.responses] == [100, 486, 200]
    assert not call.response.body
    assert first.address not in str(call.response)
    assert kinds(await scene.events("finish")) == ["setup", "attempt", "failed", "finish"]
