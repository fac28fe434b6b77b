"""From events to records of calls: complete, whatever the order, the portions and the repetitions."""

import random
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

T = 1_800_000_000.0


@pytest.fixture
def sink(database):
    from trunkline.control.feed import DatabaseSink

    return DatabaseSink()


def _event(event, offset, call="c0ffee0000000001", **fields):
    return {"event": event, "time": T + offset, "node": "node1", "call": call, **fields}


def _call(account="owner", call="c0ffee0000000001"):
    """Two carriers: the first challenges, then fails; the second answers; the caller hangs up."""
    return [
        _event(
            "setup",
            0,
            call,
            direction="outbound",
            account=account,
            key="abcd0123",
            caller="447700900001",
            called="33123456789",
            source="udp:192.0.2.7:5060",
            call_id="x@y",
        ),
        _event("attempt", 0.01, call, n=1, kind="carrier", target="telco", address="198.51.100.1:5060"),
        _event("failed", 0.02, call, n=1, code=407, reason="Proxy Authentication Required", cause="reply"),
        _event("failed", 0.04, call, n=1, code=503, reason="Service Unavailable", cause="reply"),
        _event("attempt", 0.05, call, n=2, kind="carrier", target="backup", address="198.51.100.2:5060"),
        _event("progress", 0.5, call, n=2, code=180, reason="Ringing"),
        _event("answer", 2, call, n=2, code=200),
        _event("end", 12.5, call, by="caller", reason="Q.850;cause=16"),
        _event("end", 12.6, call, by="callee"),  # both hung up at once
        _event("quality", 12.7, call, caller={"packets": 500, "lost": 1, "mos": 4.2}, callee={"packets": 490}),
        _event("quality", 12.8, call, caller={"packets": 3}, callee={"packets": 490, "jitter": 1.5}),
    ]


def _record(services, uid="c0ffee0000000001"):
    call = services.calls.get(uid)
    attempts = [services.calls.attempt_as_dict(attempt) for attempt in services.calls.attempts(call)]
    return services.calls.as_dict(call) | {"attempts": attempts}


def _seconds(moment):
    return None if moment is None else round(moment.timestamp() - T, 3)


def test_a_call_in_order(cast, services, sink):
    sink.store("node1", "f", _call(cast.owner.pk), 900)
    record = _record(services)
    assert (record["account"], record["owner"], record["direction"]) == ("owner", None, "outbound")
    assert (record["outcome"], record["code"], record["duration"], record["hung_up_by"]) == (
        "answered",
        200,
        10.5,
        "caller",
    )
    times = ("started", "ringing", "answered", "ended")
    assert [_seconds(record[name]) for name in times] == [0, 0.5, 2, 12.5]
    first, second = record["attempts"]
    assert (first["code"], first["cause"], first["target"], _seconds(first["ended"])) == (503, "reply", "telco", 0.04)
    assert (second["code"], second["cause"], _seconds(second["ringing"])) == (200, "", 0.5)
    assert sink.position("node1", "f") == 900


def test_the_quality_of_both_parties(cast, services, sink):
    caller = {"packets": 1502, "lost": 3, "jitter": 2.0, "round_trip": 40.0, "mos": 4.3}
    events = _call(cast.owner.pk)[:-2]  # whose own lines say less
    sink.store("node1", "f", [*events, _event("quality", 13, caller=caller, callee={"packets": 7})], 1)
    record = _record(services)
    assert {name: record[f"caller_{name}"] for name in caller} == caller
    assert (record["callee_packets"], record["callee_lost"], record["callee_mos"]) == (7, None, None)
    call = services.calls.get(record["uid"])
    words = "1502 packets, 3 lost, jitter 2.0 ms, round trip 40.0 ms, MOS 4.3"
    assert [services.quality.in_words(call, party) for party in ("caller", "callee")] == [words, "7 packets"]
    assert record["outcome"] == "answered"


@pytest.mark.parametrize("value", [True, "9", -1, 2**31, 1.5, float("nan"), float("inf"), [], None, {}])
def test_a_count_that_is_none(cast, services, sink, value):
    sink.store("node1", "f", [_call()[0], _event("quality", 13, caller={"packets": value}, callee=value)], 1)
    assert _record(services)["caller_packets"] is None


def test_a_rejected_call_has_one_line(cast, services, sink):
    words = {"code": 403, "reason": "Forbidden", "warning": "the caller ID is not E.164", "direction": "outbound"}
    sink.store("node1", "f", [_event("reject", 0, account=cast.owner.pk, caller="alice", **words)], 1)
    record = _record(services)
    assert (record["outcome"], record["code"], record["warning"]) == ("rejected", 403, "the caller ID is not E.164")
    assert record["ended"] == record["started"]
    assert record["attempts"] == []


@pytest.mark.parametrize(("code", "outcome"), [(487, "cancelled"), (486, "failed"), (503, "failed")])
def test_a_call_without_an_answer(cast, services, sink, code, outcome):
    attempt = _event("attempt", 0.01, n=1, kind="forward", target="sip:a@b.example")
    sink.store("node1", "f", [_event("setup", 0), attempt, _event("finish", 5, code=code, reason="Busy Here")], 1)
    record = _record(services)
    assert (record["outcome"], _seconds(record["ended"]), record["duration"]) == (outcome, 5, None)


def test_accounts_and_carriers_are_named_by_id_as_the_edge_does_or_by_name(cast, services, sink):
    for uid, account, carrier in (("a", cast.owner.pk, cast.telco.pk), ("b", "owner", "telco")):
        sink.store("n", "f", [_event("setup", 0, uid, owner=account, account=account, carrier=carrier)], 1)
        record = _record(services, uid)
        assert (record["account"], record["owner"], record["carrier"]) == ("owner", "owner", "telco")


def test_what_is_not_there_any_more_costs_no_record(cast, services, sink):
    sink.store("n", "f", [_event("setup", 0, account=12345, owner="gone", carrier=777)], 1)
    record = _record(services)
    assert (record["account"], record["owner"], record["carrier"]) == (None, None, "777")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_any_portions_any_repetition_come_to_the_same(sqlite, data):
    from trunkline.control import services
    from trunkline.control.calls.models import Call
    from trunkline.control.feed import DatabaseSink

    sink, events = DatabaseSink(), [*_call(), _event("finish", 0.3, code=486, reason="Busy Here")]
    if not services.accounts.everyone().exists():
        services.accounts.create("owner")
    Call.objects.all().delete()
    sink.store("n", "f", events, 1)
    expected = _record(services)
    Call.objects.all().delete()
    mixed = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=5))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=4)))
    for start, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True):
        sink.store("n", "f", mixed[start:end], end)
        # Those that are up are counted and found by their outcome.
        ended = Call.objects.exclude(hung_up=None, refused=None)
        assert set(ended) == set(Call.objects.exclude(outcome="open"))
    assert _record(services) == expected


def test_an_answer_before_its_setup_loses_nothing(cast, services, sink):
    events = _call()
    sink.store("node1", "f", events[::-1][:3], 1)
    assert _record(services)["outcome"] == "answered"
    assert _record(services)["caller"] == ""
    sink.store("node1", "f", events[:6], 2)
    assert _record(services)["caller"] == "447700900001"


HOSTILE = [
    {"caller": "a\x00b", "reason": "\ud800", "source": "x" * 1000},
    {"account": ["owner"], "owner": {"a": 1}, "carrier": [1], "code": "200", "key": True},
    {"account": True, "owner": 2**70, "carrier": 2**70, "caller": 5, "code": 10**30},
    {"account": "a\x00", "owner": "\ud800", "node": "n\x00" * 100, "direction": "sideways and more"},
]


@pytest.mark.parametrize("event", ["setup", "reject", "finish", "end"])
def test_hostile_values_wedge_nothing(cast, services, sink, event):
    for position, values in enumerate(HOSTILE, 1):
        sink.store("n", "f", [_event(event, 0, f"call{position}") | values], position)
        assert sink.position("n", "f") == position
        assert _record(services, f"call{position}")["account"] is None


def test_an_event_without_a_possible_time_is_left_out_and_the_rest_kept(cast, services, sink, caplog):
    times = [float("nan"), float("inf"), -1, 1e300, 10**400, True]
    bad = [_event("setup", 0, f"bad{n}") | {"time": time} for n, time in enumerate(times)]
    sink.store("n", "f", [*bad, _event("setup", 0)], 7)
    assert [call.uid for call in services.calls.find()] == ["c0ffee0000000001"]
    assert "6 events of n" in caplog.text


def test_an_attempt_without_a_possible_number_is_no_attempt(cast, services, sink):
    attempts = [_event("attempt", 1, n=n, target="x") for n in (0, -1, 10**9, "1", None, True)]
    sink.store("n", "f", [_event("setup", 0), *attempts], 7)
    assert _record(services)["attempts"] == []


def test_the_position_moves_with_the_events_and_can_be_forgotten(sink):
    assert sink.position("node1", "f") == 0
    sink.store("node1", "f", [], 10)
    sink.store("node1", "f", [], 20)
    assert (sink.position("node1", "f"), sink.position("node2", "f")) == (20, 0)
    sink.forget("node1", "f")
    assert sink.position("node1", "f") == 0


def test_two_nodes_that_tell_of_the_same_calls_at_once_lose_nothing(cast, services, sink):
    """A BYE may pass another node than the INVITE did, and both ship at the same time."""
    uids = [f"{n:016x}" for n in range(60)]
    events = [event for uid in uids for event in _call(call=uid)]
    failures = []

    def ship(node, share):
        from trunkline.control.database import close

        try:
            for start in range(0, len(share), 50):
                sink.store(node, "f", share[start : start + 50], start)
        except Exception as error:  # noqa: BLE001 - reported by the test itself
            failures.append(error)
        finally:
            close()

    random.Random(1).shuffle(events)
    threads = [threading.Thread(target=ship, args=(f"node{n}", events[n::3])) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {(call.outcome, call.duration, call.caller) for call in services.calls.find(limit=100)} == {
        ("answered", 10.5, "447700900001")
    }
    assert all(len(_record(services, uid)["attempts"]) == 2 for uid in uids)


def test_a_thousand_events_take_a_handful_of_statements(cast, services, sink):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    events = [event for n in range(111) for event in _call(call=f"{n:016x}")]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        sink.store("node1", "f", events, 1)
    assert len(captured) <= 20
