"""Skype for Business gives a trunk up, and with it the call, that has said no more than 100 for ten seconds."""

import time

import pytest

from harness import placing
from scenarios.dialects.speaking import place
from scenarios.parties import kinds, one, to

pytestmark = pytest.mark.engines


async def test_it_is_told_to_wait_before_one_who_may_stay_silent_for_longer(edge, agent):
    silent, second, pbx = await agent(name="silent"), await agent(name="far"), await agent(name="pbx")
    key = edge.key()
    number = edge.number(f"{to(silent, timeout=2000)},{to(second, timeout=20000)}")
    began = time.monotonic()
    call = await place(edge, pbx, key, "oracle-invite.sip", number)
    await call.until(lambda: any(r.code == 100 for r in call.responses), 5, "100")
    waiting = await call.provisional(183)
    assert time.monotonic() - began < 9
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
    assert [r.code for r in call.responses if r.code not in (100, 407)] == [183, 180, 200]
    await incoming.bye()
    await call.hung_up()
    events = await edge.events("end", called=number)
    assert kinds(events) == ["setup", "attempt", "failed", "attempt", "progress", "answer", "end"]
    assert one(events, "progress")["code"] == 180


async def test_one_that_demands_reliable_words_gets_none_of_ours(edge, agent):
    """What we say of ourselves cannot be acknowledged (RFC 3262 §3)."""
    second, pbx, key = await agent(name="far"), await agent(name="pbx"), edge.key()
    number = edge.number(to(second, timeout=20000))
    call = await placing.dial(edge, pbx, key, number, headers=[("Require", "100rel")])
    incoming = await second.next_call()
    await incoming.ring(reliable=True)
    await incoming.answer()
    assert (await call.final()).code == 200
    assert [r.code for r in call.responses if r.code not in (100, 407)] == [180, 200]
    await call.bye()
    await edge.events("end", called=number)


async def test_no_word_of_ours_comes_before_that_of_whoever_is_called_in_time(edge, agent):
    far, pbx, key = await agent(name="far"), await agent(name="pbx"), edge.key()
    prefix = edge.route(edge.carrier(far.address, far.port()))
    call = await place(edge, pbx, key, "oracle-invite.sip", f"{prefix}001")
    incoming = await far.next_call()
    await incoming.answer()
    await call.final()
    assert [r.code for r in call.responses if r.code not in (100, 407)] == [200]
    await call.bye()
    await edge.events("end", called=f"{prefix}001")
