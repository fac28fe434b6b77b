"""A MiVoice Business demands reliable provisional responses (`Require: 100rel`) of whoever it calls."""

import pytest

from scenarios.dialects.speaking import answered, call_out, ended, place
from scenarios.parties import Pair, failures, one
from trunkline.sandbox import behaviour
from trunkline.sandbox.call import AUTO
from trunkline.sandbox.sdp import EVENT

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
    assert pair.near.final_response.body in (b"", early.body)  # it takes one answer to each offer
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


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_carrier_that_asks_for_a_digest_and_knows_neither_100rel_nor_g711(edge, agent, transport):
    """Three refusals, each answered by an INVITE of its own: the carrier counts six, the PBX one."""
    key, pbx, carrier = edge.key(), await agent(name="pbx"), await agent(transport, name="far")
    credentials = {"username": "trunk", "password": "s3cret", "transport": transport}
    called = edge.route(edge.carrier(carrier.address, carrier.port(), **credentials)) + "001"
    ends = []

    async def take(incoming):
        if "100rel" in (incoming.request.get("Require") or ""):
            return incoming.refuse(420, "Bad Extension", [("Unsupported", "100rel")])
        if b"G729" not in incoming.request.body:
            return incoming.refuse(488)
        incoming.codecs = ("G729", EVENT)
        ends.append(incoming)
        await incoming.ring()
        return await incoming.answer()

    carrier.on_call = behaviour.challenge("trunk", "s3cret", take)

    def pcma_alone(request):
        request.body = request.body.replace(b"RTP/AVP 8 0 18 101", b"RTP/AVP 8 101").replace(b"G729", b"G7299")

    near = await place(edge, pbx, key, "mitel-invite.sip", called, also=pcma_alone)
    assert (await near.final()).code == 200
    asked = [call.request for call in carrier.calls.values()]
    assert [request.cseq[0] - asked[0].cseq[0] for request in asked] == [0, 1, 2, 3, 4, 5]
    assert [bool(request.get("Proxy-Authorization")) for request in asked] == [False, True] * 3
    pair = Pair(near, ends[0], edge, called)
    assert [r.code for r in near.responses if r.code >= 180] == [407, 180, 200]
    assert {r.cseq[0] for r in near.responses if r.code >= 180 and r.code != 407} == {near.request.cseq[0]}
    await pair.far.confirmed()
    await pair.talk()
    for sent in (await near.reinvite(), await pair.far.reinvite(), await near.update()):
        assert sent.code == 200
    await pair.talk()
    events = await ended(pair)
    assert failures(events) == [(1, "reply", code) for code in (407, 420, 407, 488, 407)]


@pytest.mark.parametrize("fulfils", [True, False])
async def test_the_next_carrier_gets_the_demand_again_and_counts_from_the_start(edge, agent, fulfils):
    key, pbx, first, second = edge.key(), await agent(name="pbx"), await agent(name="first"), await agent(name="far")
    called = edge.route(edge.carrier(first.address, first.port()), edge.carrier(second.address, second.port())) + "001"
    near = await place(edge, pbx, key, "mitel-invite.sip", called)
    (await first.next_call()).refuse(420, "Bad Extension", [("Unsupported", "100rel")])
    again = await first.next_call()
    again.refuse(503)
    pair = Pair(near, await second.next_call(), edge, called)
    assert pair.far.request.get("Require") == "100rel"
    assert pair.far.request.cseq[0] == again.request.cseq[0] - 1
    if not fulfils:
        pair.far.refuse(420, "Bad Extension", [("Unsupported", "100rel")])
        pair.far = await second.next_call()
        assert not pair.far.request.get("Require")
    await pair.far.ring(reliable=fulfils)
    await answered(pair)
    await pair.talk()
    await ended(pair)
