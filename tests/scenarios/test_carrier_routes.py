"""Which carrier gets a call, what number it is sent, and what happens when it fails."""

import asyncio
from collections import Counter

import pytest

from harness import placing
from scenarios.parties import answered_by, failures, refused

pytestmark = pytest.mark.engines


async def test_the_longest_prefix_wins(edge, agent):
    key, ua = edge.key(), await agent()
    short, long = await agent(), await agent()
    prefix = edge.route(edge.carrier(short.address, short.port()))
    edge.route(edge.carrier(long.address, long.port()), prefix=f"{prefix}7", priority=9)
    call, incoming = await placing.answered(edge, ua, long, key, f"+{prefix}701")
    await placing.hang_up(call, incoming)
    call, incoming = await placing.answered(edge, ua, short, key, f"+{prefix}801")
    await placing.hang_up(call, incoming)
    assert not any(call.user.startswith(f"{prefix}7") for call in short.calls.values())


async def test_a_lower_priority_is_tried_first_and_its_5xx_passed_by(edge, agent):
    key, ua = edge.key(), await agent()
    first, second = await agent(), await agent()
    prefix = edge.route(edge.carrier(first.address, first.port()), edge.carrier(second.address, second.port()))
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    (await first.next_call()).refuse(503)
    incoming = await second.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    call.audio.play(440)
    await incoming.audio.hear(440)
    await placing.hang_up(call, incoming)
    events = await edge.events("end", called=f"{prefix}001")
    assert [e["event"] for e in events] == ["setup", "attempt", "failed", "attempt", "answer", "end"]
    assert (events[2]["n"], events[2]["code"], events[2]["cause"]) == (1, 503, "reply")
    assert events[4]["n"] == 2


@pytest.mark.parametrize("code", [404, 486, 603])
async def test_a_4xx_or_6xx_ends_the_call(edge, agent, code):
    key, ua = edge.key(), await agent()
    first, second = await agent(), await agent()
    prefix = edge.route(edge.carrier(first.address, first.port()), edge.carrier(second.address, second.port()))
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    (await first.next_call()).refuse(code)
    assert (await call.final()).code == code
    events = await edge.events("finish", called=f"{prefix}001")
    assert [e["event"] for e in events] == ["setup", "attempt", "failed", "finish"]
    assert events[-1]["code"] == code
    assert not second.calls


async def test_weights_share_out_the_calls(edge, agent):
    key, ua = edge.key(), await agent()
    heavy, light = await agent(), await agent()
    prefix = edge.route(edge.carrier(heavy.address, heavy.port()), weight=300)
    edge.route(edge.carrier(light.address, light.port()), prefix=prefix, weight=100)
    got = Counter()
    for far in (heavy, light):
        far.on_call = _counting(got, far)
    calls = await asyncio.gather(*(placing.dial(edge, ua, key, f"+{prefix}{n:03}", sdp=None) for n in range(60)))
    assert {(await call.final()).code for call in calls} == {486}
    # 45 are expected of the heavy one; by chance it gets less than 30 or more than 58 once in 50,000 runs.
    assert 30 <= got[heavy.address] <= 58
    assert got.total() == 60


def _counting(got: Counter, far):
    async def busy(incoming):
        got[far.address] += 1
        incoming.refuse(486)

    return busy


async def test_a_disabled_carrier_gets_nothing(edge, agent):
    key, ua = edge.key(), await agent()
    off, on = await agent(), await agent()
    prefix = edge.route(
        edge.carrier(off.address, off.port(), enabled=0), edge.carrier(on.address, on.port())
    )  # fmt: skip
    call, incoming = await placing.answered(edge, ua, on, key, f"+{prefix}001")
    await placing.hang_up(call, incoming)
    assert not off.calls


async def test_a_disabled_carriers_call_is_refused_in_words_and_recorded(edge, agent):
    trunk = await agent()
    number = edge.number("sip:1@192.0.2.1")
    carrier = edge.carrier(trunk.address, trunk.port(), enabled=0)
    call = await refused(await trunk.dial(edge.uri(f"+{number}"), edge.udp), 403, "this carrier", "disabled")
    [reject] = edge.journal(call_id=call.call_id)
    assert (reject["event"], reject["carrier"], reject["account"] > 0) == ("reject", carrier, True)


@pytest.mark.parametrize(
    ("owner", "forward", "code", "words"),
    [
        (None, "", 404, "not a number of an account"),
        ({}, "", 480, "is not forwarded"),
        ({"enabled": 0}, "sip:1@192.0.2.1", 480, "is disabled"),
    ],
)
async def test_a_call_of_a_carrier_that_reaches_nobody_is_recorded(edge, agent, owner, forward, code, words):
    trunk = await agent()
    carrier = edge.carrier(trunk.address, trunk.port())
    account = None if owner is None else edge.account(**owner)
    number = edge.number(forward, account) if account else "447700912345"
    caller = "<sip:+447700900077@carrier.example>"
    call = await refused(await trunk.dial(edge.uri(f"+{number}"), edge.udp, caller=caller), code, words)
    [reject] = edge.journal(call_id=call.call_id)
    assert (reject["event"], reject["direction"], reject["code"]) == ("reject", "inbound", code)
    assert (reject["carrier"], reject.get("account"), reject["warning"]) == (carrier, account, call.warning)
    assert [reject["called"].lstrip("+"), reject["caller"]] == [number, "+447700900077"]
    assert reject["source"] == f"udp:{trunk.address}:{trunk.port()}"


@pytest.mark.parametrize("removed", [False, True])
async def test_a_carrier_that_is_taken_away_while_another_is_tried_gets_nothing(edge, agent, removed):
    key, ua = edge.key(), await agent()
    first, off, on = await agent(), await agent(), await agent()
    carriers = [edge.carrier(far.address, far.port()) for far in (first, off, on)]
    number = f"{edge.route(*carriers)}001"
    call = await placing.dial(edge, ua, key, f"+{number}")
    incoming = await first.next_call()
    if removed:
        edge.delete("carrier", carriers[1])
    else:
        edge.carrier(off.address, off.port(), carrier_id=carriers[1], enabled=0)
    incoming.refuse(503)
    await answered_by(on, call)
    assert not off.calls
    assert [cause for _, cause, _ in failures(await edge.events("end", called=number))] == ["reply", "rule"]


async def test_a_route_whose_carriers_are_disabled_leaves_it_to_a_shorter_one(edge, agent):
    key, ua = edge.key(), await agent()
    off, on = await agent(), await agent()
    prefix = edge.route(edge.carrier(on.address, on.port()))
    edge.route(edge.carrier(off.address, off.port(), enabled=0), prefix=f"{prefix}0")
    call, incoming = await placing.answered(edge, ua, on, key, f"+{prefix}001")
    await placing.hang_up(call, incoming)
    assert not off.calls


async def test_no_route_is_404(edge, agent):
    key, ua = edge.key(), await agent()
    response = await placing.refused_as_journaled(edge, ua, key, "+88216000001", called="+88216000001")
    assert response.code == 404
    assert "No carrier here serves 88216000001" in response.warning


async def test_all_carriers_failed_is_503_and_the_journal_says_each(edge, agent):
    key, ua = edge.key(), await agent()
    first, gone = await agent(), agent.address()
    prefix = edge.route(
        edge.carrier(first.address, first.port()),
        edge.carrier(gone, 5060, transport="tcp"),
        edge.carrier("nowhere.invalid", 0, sources=()),
    )
    edge.resolution("nowhere.invalid", [], problem="nowhere.invalid does not exist")
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    (await first.next_call()).refuse(500)
    response = await call.final()
    assert response.code == 503
    assert response.warning
    events = await edge.events("finish", called=f"{prefix}001")
    assert [(e["cause"], e.get("code")) for e in events if e["event"] == "failed"] == [
        ("reply", 500), ("transport", None), ("dns", None)
    ]  # fmt: skip
    assert events[-1]["warning"] == response.warning
