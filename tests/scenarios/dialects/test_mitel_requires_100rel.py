"""A MiVoice Business demands reliable provisional responses (`Require: 100rel`) of whoever it calls."""

import pytest

from scenarios.dialects.speaking import answered, call_out, ended
from scenarios.parties import failures, one
from trunkline.sandbox.call import AUTO

pytestmark = pytest.mark.engines


async def test_a_carrier_that_can_gets_the_demand_and_its_prack(edge, agent):
    pair = await call_out(edge, agent, "mitel-invite.sip")
    assert pair.far.request.get("Require") == "100rel"
    assert pair.far.request.get("P-Early-Media") == "sendrecv"
    assert pair.far.user == pair.called  # dialled without '+'
    await pair.far.open_audio()
    pair.far.audio.play(600)
    await pair.far.ring(183, body=AUTO, reliable=True, headers=[("P-Early-Media", "sendrecv")])
    early = await pair.near.provisional(183)
    assert (early.get("Require"), early.get("P-Early-Media")) == ("100rel", "sendrecv")
    await pair.near.audio.hear(600)
    await answered(pair)
    await pair.talk()
    await ended(pair)


async def test_a_carrier_that_cannot_is_called_without(edge, agent):
    """Its 420 would end every call of this PBX."""
    pair = await call_out(edge, agent, "mitel-invite.sip")
    first = pair.far
    first.refuse(420, "Bad Extension", [("Unsupported", "100rel")])
    pair.far = await first.agent.next_call()
    assert pair.far.request.cseq[0] == first.request.cseq[0] + 1
    assert not pair.far.request.get("Require")
    assert {"100rel", "timer"} <= set(", ".join(pair.far.request.all("Supported")).split(", "))
    await pair.far.ring()
    await pair.near.provisional(180)
    await answered(pair)
    await pair.talk()
    events = await ended(pair)
    assert failures(events) == [(1, "reply", 420)]
    assert one(events, "answer")["n"] == 1


async def test_what_is_demanded_beside_it_stays_and_a_second_420_ends_the_call(edge, agent):
    def demand(request):
        request.set("Require", "timer, 100rel")

    pair = await call_out(edge, agent, "mitel-invite.sip", also=demand)
    pair.far.refuse(420, "Bad Extension", [("Unsupported", "100rel")])
    again = await pair.far.agent.next_call()
    assert again.request.get("Require") == "timer"
    again.refuse(420, "Bad Extension", [("Unsupported", "timer")])
    response = await pair.near.final()
    assert (response.code, response.get("Unsupported")) == (420, "timer")
    await pair.events("finish")
