"""Skype for Business gives a trunk up, and with it the call, that has said no more than 100 for ten seconds."""

import time

import pytest

from harness import placing
from scenarios.dialects.speaking import place
from scenarios.parties import kinds, one, ringing_in, to
from trunkline.node import calls

pytestmark = pytest.mark.engines


@pytest.fixture
def impatient(monkeypatch):
    """Have the edges of this process say it much sooner."""
    monkeypatch.setattr(calls, "PATIENCE", 0.5)


@pytest.fixture
def carrier(edge, agent):
    """Makes a carrier: its agent, and a number that is called through it."""

    async def make():
        far = await agent(name="far")
        return far, f"{edge.route(edge.carrier(far.address, far.port()))}001"

    return make


def said(call):
    """The codes of what its caller was told, but for 100 and the challenge."""
    return [response.code for response in call.responses if response.code not in (100, 407)]


async def test_it_is_told_to_wait_in_time_by_a_carrier_that_needs_longer(edge, agent, carrier):
    (far, number), began = await carrier(), time.monotonic()
    call = await place(edge, await agent(name="pbx"), edge.key(), "oracle-invite.sip", number)
    slow = await far.next_call()
    slow.trying()
    await call.provisional(183)
    assert calls.PATIENCE <= time.monotonic() - began < 10
    await slow.answer()
    assert (await call.final()).code == 200
    await placing.hang_up(call, slow)


async def test_what_it_is_told_makes_an_early_dialog_of_its_own(edge, agent, impatient):
    silent, second, pbx = await agent(name="silent"), await agent(name="far"), await agent(name="pbx")
    number = edge.number(f"{to(silent, timeout=2000)},{to(second, timeout=20000)}")
    call = await place(edge, pbx, edge.key(), "oracle-invite.sip", number)
    waiting = await call.provisional(183)
    assert not waiting.body
    assert edge.address in waiting.get("Contact")
    incoming = await second.next_call()
    await incoming.ring()
    ringing = await call.provisional(180)
    assert ringing.tag("To") != waiting.tag("To")
    await incoming.answer()
    assert (await call.final()).code == 200
    call.audio.play(440)
    incoming.audio.play(600)
    await incoming.audio.hear(440)
    await call.audio.hear(600)
    assert said(call) == [183, 180, 200]
    await incoming.bye()
    await call.hung_up()
    events = await edge.events("end", called=number)
    assert kinds(events) == ["setup", "attempt", "failed", "attempt", "progress", "answer", "end"]
    assert one(events, "progress")["code"] == 180


async def test_it_may_leave_having_been_told_to_wait(edge, agent, carrier, impatient):
    far, number = await carrier()
    call = await place(edge, await agent(name="pbx"), edge.key(), "oracle-invite.sip", number)
    slow = await far.next_call()
    slow.trying()
    await call.provisional(183)
    await call.cancel()
    await slow.was_cancelled()
    assert (await call.final()).code == 487
    assert one(await edge.events("finish", called=number), "finish")["code"] == 487


async def test_it_is_told_what_becomes_of_the_call_all_the_same(edge, agent, carrier, impatient):
    far, number = await carrier()
    call = await place(edge, await agent(name="pbx"), edge.key(), "oracle-invite.sip", number)
    slow = await far.next_call()
    await call.provisional(183)
    slow.refuse(404)
    assert (await call.final()).code == 404
    assert said(call) == [183, 404]


async def test_no_word_of_ours_comes_to_whoever_needs_or_takes_none(edge, agent, carrier, impatient):
    """To one whose call has rung; to one that demands what can be acknowledged (RFC 3262 §3); to a carrier: it waits.
    A call behind all three tells when they would have had it."""
    far, number = await carrier()
    pbx, key = await agent(name="pbx"), edge.key()
    rung = await placing.dial(edge, pbx, key, number)
    ringing = await far.next_call()
    await ringing.ring()
    demanding = await placing.dial(edge, pbx, key, number, headers=[("Require", "100rel")])
    slow = await far.next_call()
    inbound = (await ringing_in(edge, agent)).near
    control = await placing.dial(edge, pbx, key, number)
    await control.provisional(183)
    assert [said(call) for call in (rung, demanding, inbound)] == [[180], [], []]
    await slow.ring(reliable=True)
    for call in (rung, demanding, inbound, control):
        await call.cancel()
