"""What number a carrier is sent by its rule, and which addresses its host name has."""

import pytest

from harness import placing

pytestmark = pytest.mark.engines


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
    sent = [f"011{number[3:]}", f"+{number}", number[2:]]
    assert [e["number"] for e in events if e["event"] == "attempt"] == sent


async def test_a_carrier_whose_rule_leaves_no_digits_is_passed_by_and_recorded(edge, agent):
    key, ua = edge.key(), await agent()
    strict, far = await agent(), await agent()
    prefix = edge.route(edge.carrier(strict.address, strict.port(), strip=14), edge.carrier(far.address, far.port()))
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    await placing.hang_up(call, incoming)
    events = await edge.events("end", called=f"{prefix}001")
    assert [e["event"] for e in events] == ["setup", "attempt", "failed", "attempt", "answer", "end"]
    assert (events[2]["cause"], events[2]["reason"]) == ("rule", "its strip rule leaves no digits of this number")
    assert not strict.calls


async def test_a_number_too_short_for_every_carrier_is_refused_in_words(edge, agent):
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port(), strip=14, prefix="00"))
    final = await (await placing.dial(edge, ua, key, f"+{prefix}002")).final()
    assert final.code == 503
    assert "its strip rule leaves no digits of this number" in final.get("Warning")
    assert not far.calls


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
