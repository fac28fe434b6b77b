"""Responses with a line that is no header field: Kamailio reads none of their headers, and so nobody could behind it.
And such as can be read, but for bytes that are no text."""

import pytest

from harness.node import eventually
from harness.polling import PATIENCE
from scenarios.parties import CUSTOMER, kinds, ringing_out

pytestmark = pytest.mark.engines

LINE = ("Subject", "x\r\nm=audio 40000 RTP/AVP 0")  # a gateway that forgets the empty line before its body


async def test_one_that_rings_is_left_out(edge, agent):
    pair = await ringing_out(edge, agent)
    await pair.far.ring(180, headers=[LINE])
    await pair.far.ring(183)
    await pair.near.provisional(183)
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    assert 180 not in [response.code for response in pair.near.responses]
    await pair.talk()
    await pair.near.bye()


@pytest.mark.parametrize("code", [486, 603])
async def test_a_refusal_is_given_in_our_words(edge, agent, code):
    pair = await ringing_out(edge, agent)
    pair.far.refuse(code, headers=[LINE, ("Server", "far side's own")])
    final = await pair.near.final()
    assert final.code == code
    assert "not a header field" in final.warning
    events = await pair.events("finish")
    assert kinds(events)[-2:] == ["failed", "finish"]
    assert events[-1]["code"] == code


@pytest.mark.gives_itself_away
async def test_an_answer_is_none_and_the_caller_hears_why(edge, agent):
    pair = await ringing_out(edge, agent)
    await pair.far.answer(headers=[LINE])
    final = await pair.near.final()
    assert (final.code, final.reason) == (502, "The called side's response cannot be read")
    events = await pair.events("finish")
    assert kinds(events)[-2:] == ["failed", "finish"]
    assert (events[-2]["cause"], events[-1]["code"]) == ("unreadable", 502)
    assert "not a header field" in events[-1]["warning"]
    assert edge.rpc("htable.get", "active", str(events[0]["account"]))["item"]["value"] == 0


async def test_the_next_target_is_tried_after_a_5xx(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    key, ua = edge.key(), await agent(name="pbx")
    prefix = edge.route(edge.carrier(first.address, first.port()), edge.carrier(second.address, second.port()))
    call = await ua.dial(edge.uri(f"+{prefix}001"), edge.udp, caller=CUSTOMER, user=key.name, secret=key.secret)
    (await first.next_call()).refuse(503, headers=[LINE])
    (await second.next_call()).refuse(486)
    final = await call.final()
    assert (final.code, final.warning) == (486, "")


async def test_a_record_route_may_hold_any_bytes(edge, agent):
    pair = await ringing_out(edge, agent)
    proxy = "127.200.0.9:9"  # of this machine, where Kamailio can send and nobody listens
    await pair.far.answer(headers=[("Record-Route", f"<sip:{proxy};lr;x=\udcff>")])
    events = await pair.events("answer")
    assert any(proxy in route for route in events[-1]["dialog"]["routes"])
    caller = pair.near.agent  # which cannot follow that route, and has no ACK for it
    await eventually(lambda: caller.failures, PATIENCE, "the caller fails")
    caller.failures.clear()
