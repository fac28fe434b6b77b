"""Which carrier gets a call, what number it is sent, and what happens when it fails or asks for credentials."""

import asyncio
from collections import Counter

import pytest

from harness import placing
from trunkline.sandbox import behaviour
from trunkline.sandbox.call import AUTO

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


async def test_a_carrier_whose_rule_leaves_no_digits_is_passed_by_and_recorded(edge, agent):
    key, ua = edge.key(), await agent()
    strict, far = await agent(), await agent()
    prefix = edge.route(edge.carrier(strict.address, strict.port(), strip=14), edge.carrier(far.address, far.port()))
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    await placing.hang_up(call, incoming)
    events = await edge.events("end", called=f"{prefix}001")
    assert [e["event"] for e in events] == ["setup", "attempt", "failed", "attempt", "answer", "end"]
    assert (events[2]["cause"], events[2]["reason"]) == ("transport", "its strip rule leaves no digits of this number")
    assert not strict.calls


async def test_a_number_too_short_for_every_carrier_is_refused_in_words(edge, agent):
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port(), strip=14, prefix="00"))
    final = await (await placing.dial(edge, ua, key, f"+{prefix}002")).final()
    assert final.code == 503
    assert "its strip rule leaves no digits of this number" in final.get("Warning")
    assert not far.calls


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


async def test_strip_and_prefix_apply_to_each_attempt_anew(edge, agent):
    key, ua = edge.key(), await agent()
    first, second, third = await agent(), await agent(), await agent()
    prefix = edge.route(
        edge.carrier(first.address, first.port(), strip=3, prefix="011"),
        edge.carrier(second.address, second.port(), prefix="+"),
        edge.carrier(third.address, third.port(), strip=2),
    )
    number = f"{prefix}001"
    call = await placing.dial(edge, ua, key, f"+{number}")
    incoming = await first.next_call()
    assert incoming.user == f"011{number[3:]}"
    incoming.refuse(503)
    incoming = await second.next_call()
    assert incoming.user == f"+{number}"
    incoming.refuse(500)
    incoming = await third.next_call()
    assert incoming.user == number[2:]
    incoming.refuse(486)
    assert (await call.final()).code == 486
    events = await edge.events("finish", called=number)
    assert [e.get("code") for e in events if e["event"] == "failed"] == [503, 500, 486]


async def test_a_disabled_carrier_gets_nothing(edge, agent):
    key, ua = edge.key(), await agent()
    off, on = await agent(), await agent()
    prefix = edge.route(
        edge.carrier(off.address, off.port(), enabled=0), edge.carrier(on.address, on.port())
    )  # fmt: skip
    call, incoming = await placing.answered(edge, ua, on, key, f"+{prefix}001")
    await placing.hang_up(call, incoming)
    assert not off.calls


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


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_carriers_challenge_is_answered(edge, agent, transport):
    key, ua, far = edge.key(), await agent(), await agent(transport)
    carrier = edge.carrier(far.address, far.port(), username="trunk", password="s3cret", transport=transport)
    prefix = edge.route(carrier)
    far.on_call = behaviour.challenge("trunk", "s3cret", behaviour.echo)
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    assert (await call.final()).code == 200
    call.audio.play(440)
    await call.audio.hear(440)
    await call.bye()
    events = await edge.events("end", called=f"{prefix}001")
    assert [e["event"] for e in events][0] == "setup"
    assert [e["event"] for e in events][-2:] == ["answer", "end"]
    assert [r.code for r in call.responses if r.code in (401, 407)] == [407]  # ours alone; the carrier's stays here
    invites = [call.request for call in far.calls.values()]
    assert [bool(request.get("Proxy-Authorization")) for request in invites] == [False, True]
    assert key.name not in invites[1].get("Proxy-Authorization")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_each_side_counts_its_own_cseq_after_a_challenge(edge, agent, transport):
    """RFC 3261 §22.2: the INVITE with credentials has the next CSeq; the PBX never learns of it."""
    key, ua, far = edge.key(), await agent(), await agent(transport)
    carrier = edge.carrier(far.address, far.port(), username="trunk", password="s3cret", transport=transport)
    prefix = edge.route(carrier)
    ends = []

    async def answer(incoming):
        ends.append(incoming)
        await incoming.ring(183, body=AUTO, reliable=True)
        await incoming.answer()

    far.on_call = behaviour.challenge("trunk", "s3cret", answer)
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    assert (await call.final()).code == 200
    (incoming,) = ends
    first, second = [other.request for other in far.calls.values()]
    assert second.cseq[0] == first.cseq[0] + 1
    await incoming.confirmed()
    for sent in (await call.reinvite(), await call.info(b"Signal=1"), await incoming.reinvite()):
        assert sent.code == 200
    call.audio.play(440)
    incoming.audio.play(600)
    await incoming.audio.hear(440)
    await call.audio.hear(600)
    await call.bye()
    await incoming.hung_up()
    numbers = {request.method: request.cseq[0] for request in incoming.requests if request.method != "ACK"}
    assert list(numbers) == ["PRACK", "INVITE", "INFO", "BYE"]
    assert list(numbers.values()) == [second.cseq[0] + n for n in range(1, 5)]
    acks = [request.cseq[0] for request in incoming.requests if request.method == "ACK"]
    assert acks == [second.cseq[0], numbers["INVITE"]]
    assert {response.cseq[0] for response in call.responses if response.code >= 180} >= {call.request.cseq[0]}
    events = await edge.events("end", called=f"{prefix}001")
    assert events[-1]["by"] == "caller"


async def test_a_call_can_be_cancelled_after_a_carriers_challenge(edge, agent):
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port(), username="trunk", password="s3cret"))
    rung = []

    async def ring(incoming):
        rung.append(incoming)
        await incoming.ring()

    far.on_call = behaviour.challenge("trunk", "s3cret", ring)
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    await call.provisional(180)
    assert (await call.cancel()).code == 200
    assert (await call.final()).code == 487
    cancel = await rung[0].was_cancelled()
    assert cancel.cseq[0] == rung[0].request.cseq[0]
    await rung[0].until(lambda: rung[0].transaction.acknowledged, 30, "the ACK of the 487")
    await edge.events("finish", called=f"{prefix}001")


async def test_a_failover_after_a_challenge_counts_from_the_start(edge, agent):
    key, ua, first, second = edge.key(), await agent(), await agent(), await agent()
    prefix = edge.route(
        edge.carrier(first.address, first.port(), username="trunk", password="s3cret"),
        edge.carrier(second.address, second.port()),
    )

    async def unavailable(incoming):
        incoming.refuse(503)

    first.on_call = behaviour.challenge("trunk", "s3cret", unavailable)
    call, incoming = await placing.answered(edge, ua, second, key, f"+{prefix}001")
    asked = [other.request for other in first.calls.values()]
    assert incoming.request.cseq[0] == asked[0].cseq[0]
    ack = await incoming.confirmed()
    assert ack.cseq[0] == incoming.request.cseq[0]
    await placing.hang_up(call, incoming)


async def test_the_second_carrier_has_its_own_credentials(edge, agent):
    key, ua, first, second = edge.key(), await agent(), await agent(), await agent()
    prefix = edge.route(
        edge.carrier(first.address, first.port(), username="one", password="s1"),
        edge.carrier(second.address, second.port(), username="two", password="s2"),
    )

    async def unavailable(incoming):
        incoming.refuse(503)

    first.on_call = behaviour.challenge("one", "s1", unavailable)
    second.on_call = behaviour.challenge("two", "s2", behaviour.echo)
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    assert (await call.final()).code == 200
    await call.bye()
    for incoming in second.calls.values():
        assert 'username="one"' not in str(incoming.request)
        assert len(incoming.request.all("Proxy-Authorization")) <= 1


@pytest.mark.parametrize("credentials", [{"username": "trunk", "password": "wrong"}, {}])
async def test_refused_credentials_end_with_502(edge, agent, credentials):
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port(), **credentials))
    far.on_call = behaviour.challenge("trunk", "s3cret", behaviour.echo)
    response = await placing.refused(edge, ua, key, f"+{prefix}001")
    assert response.code == 502
    assert "credentials" in response.warning
    assert response.get("Proxy-Authenticate") is None
    events = await edge.events("finish", called=f"{prefix}001")
    assert (events[-1]["code"], events[-1]["warning"]) == (502, response.warning)
    assert len(far.calls) == (2 if credentials else 1)


async def test_the_addresses_of_a_name_share_its_time(own_edge, agent):
    edge = own_edge(calls={"carrier_timeout_ms": 2000})
    key, ua = edge.key(), await agent()
    silent, good, spare = await agent(), await agent(), await agent()
    edge.resolution("carrier.example", [
        [silent.address, silent.port(), 10, 100], [good.address, good.port(), 20, 100]
    ])  # fmt: skip
    prefix = edge.route(edge.carrier("carrier.example", 0, sources=()), edge.carrier(spare.address, spare.port()))
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    await silent.next_call()
    incoming = await good.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    await placing.hang_up(call, incoming)
    events = await edge.events("end", called=f"{prefix}001")
    first, second = (e for e in events if e["event"] == "attempt")
    assert first["address"] == f"udp:{silent.address}:{silent.port()}"
    assert second["address"] == f"udp:{good.address}:{good.port()}"
    assert 0.7 <= second["time"] - first["time"] <= 1.9  # half of 2 s

    call = await placing.dial(edge, ua, key, f"+{prefix}002")  # both silent now: the next carrier within 2 s in all
    await good.next_call()
    incoming = await spare.next_call()
    incoming.refuse(486)
    assert (await call.final()).code == 486
    events = await edge.events("finish", called=f"{prefix}002")
    first, _, third = (e for e in events if e["event"] == "attempt")
    assert third["time"] - first["time"] < 3.5  # 4 if each had all of it
