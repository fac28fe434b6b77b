from datetime import UTC, datetime

import pytest

from trunkline.control import ServiceError

T = 1_800_000_000.0


@pytest.fixture
def calls(cast, services):
    """Three calls of the owner's, the last one to the stranger; one of the stranger's to a carrier, rejected."""
    from trunkline.control.feed import DatabaseSink

    def setup(n, **fields):
        return {
            "event": "setup",
            "time": T + n,
            "node": "node1",
            "call": f"call{n}",
            "caller": "447700900001",
            **fields,
        }

    events = [
        setup(1, account=cast.owner.pk, called="33100000001"),
        setup(2, account=cast.owner.pk, called="33100000002"),
        setup(3, account=cast.owner.pk, owner=cast.stranger.pk, called="447700900002"),
        setup(4, account=cast.stranger.pk, caller="447700900002", called="33100000001")
        | {"event": "reject", "code": 403},
    ]
    DatabaseSink().store("node1", "f", events, 1)
    return lambda **conditions: [call.uid for call in services.calls.find(**conditions)]


def _at(offset):
    return datetime.fromtimestamp(T + offset, UTC)


def test_the_newest_come_first_and_no_more_than_wanted(calls):
    assert calls() == ["call4", "call3", "call2", "call1"]
    assert calls(limit=2) == ["call4", "call3"]


def test_an_account_sees_what_it_made_and_received_and_nothing_else(calls, cast):
    assert calls(account=cast.owner) == ["call3", "call2", "call1"]
    assert calls(account=cast.stranger) == ["call4", "call3"]
    assert calls(account=cast.stranger, limit=1) == ["call4"]


def test_a_number_is_looked_for_on_both_sides(calls, cast):
    assert calls(number="+447700900002") == ["call4", "call3"]
    assert calls(number="33100000001", account=cast.owner) == ["call1"]
    assert calls(number="nobody") == []


def test_since_is_included_and_until_is_not(calls):
    assert calls(since=_at(2), until=_at(4)) == ["call3", "call2"]


def test_outcomes(calls):
    assert calls(outcome="rejected") == ["call4"]
    assert calls(outcome="open", limit=1) == ["call3"]


@pytest.mark.parametrize(("wrong", "hint"), [({"outcome": "good"}, "one of open"), ({"limit": 0}, "1 or more")])
def test_what_is_wrong_is_said(calls, wrong, hint):
    with pytest.raises(ServiceError, match=hint):
        calls(**wrong)


def test_an_unknown_call_is_not_found(services):
    with pytest.raises(ServiceError, match="calls list"):
        services.calls.get("nope")


@pytest.mark.parametrize(("after", "found"), [(-2, True), (60, True), (86_400, False)])
def test_a_test_call_is_found_by_its_call_id_near_the_time_when_it_was_wanted(calls, services, cast, after, found):
    """Also by a node whose clock is some seconds behind; and not by a look through all that was called since."""
    from trunkline.control.calls.models import Call

    Call.objects.create(uid="t", node="n", direction="inbound", account=cast.owner, call_id="c@t", started=_at(after))
    record = services.calls.with_call_id(cast.owner, "c@t", _at(0))
    assert bool(record) == found
