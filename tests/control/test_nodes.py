"""Heartbeats, and orders that are followed."""

import threading
import time
from datetime import datetime, timedelta

import pytest

from trunkline.contract.feed import DRAIN, UNDRAIN, Heartbeat, Unavailable
from trunkline.control import ServiceError

BEAT = Heartbeat("n1", "a" * 32, "eu", ["192.0.2.1"], 5060, 5061, "0.1.0", time.time(), {}, 3, 0.5, False)


@pytest.fixture
def sink(database):
    from trunkline.control.feed import DatabaseSink

    return DatabaseSink()


@pytest.fixture
def later(database):
    """`later(30)`: so many seconds have passed since each node was heard."""
    from django.db.models import F

    from trunkline.control.nodes.models import Node

    return lambda seconds: Node.objects.update(seen=F("seen") - timedelta(seconds=seconds))


def shown(services, name="n1"):
    return services.nodes.as_dict(services.nodes.get(name))


def test_a_node_appears_with_its_first_beat_and_falls_silent(sink, services, later):
    assert list(services.nodes.everyone()) == []
    assert sink.heartbeat(BEAT).order == ""
    found = shown(services)
    assert (found["state"], found["calls"], found["addresses"]) == ("well", 3, ["192.0.2.1"])
    sink.heartbeat(BEAT._replace(problems={"rtpengine": "does not answer"}, calls=4))
    assert (shown(services)["state"], shown(services)["calls"]) == ("unwell", 4)
    with pytest.raises(ServiceError, match="was heard just now"):
        services.nodes.forget(services.nodes.get("n1"))
    later(30)
    assert shown(services)["state"] == "silent"
    with pytest.raises(ServiceError, match="is not heard"):
        services.nodes.drain(services.nodes.get("n1"))
    services.nodes.forget(services.nodes.get("n1"))
    with pytest.raises(ServiceError, match="there is no node 'n1'"):
        services.nodes.get("n1")


def test_an_order_stands_until_it_is_followed(sink, services):
    sink.heartbeat(BEAT)
    services.nodes.drain(services.nodes.get("n1"))
    assert [sink.heartbeat(BEAT).order, sink.heartbeat(BEAT).order] == [DRAIN, DRAIN]
    assert sink.heartbeat(BEAT._replace(draining=True)).order == ""
    assert (shown(services)["state"], shown(services)["order"]) == ("draining", "")
    services.nodes.drain(services.nodes.get("n1"), False)
    assert sink.heartbeat(BEAT._replace(draining=True)).order == UNDRAIN
    assert sink.heartbeat(BEAT).order == ""
    assert [entry.did for entry in services.audit.find(kind="node")][:1] == ["changed"]


def test_an_order_that_comes_while_another_is_followed_stands(sink, services):
    from trunkline.control.database import close

    sink.heartbeat(BEAT)
    services.nodes.drain(services.nodes.get("n1"))

    def beat():
        sink.heartbeat(BEAT._replace(draining=True))
        close()

    beating = threading.Thread(target=beat)
    with services.together():
        services.nodes.drain(services.nodes.get("n1"), False)
        beating.start()
        beating.join(1)  # it waits for us, wherever it is by now
    beating.join(30)
    assert shown(services)["order"] == UNDRAIN


def test_two_nodes_of_one_name_are_told_apart(sink, later):
    sink.heartbeat(BEAT)
    with pytest.raises(
        Unavailable, match="another home's node 'n1' was heard in the last 20 s .*takes its place, wait"
    ):
        sink.heartbeat(BEAT._replace(instance="b" * 32))
    later(30)  # a machine that was built anew takes its name again
    assert sink.heartbeat(BEAT._replace(instance="b" * 32)).order == ""


def test_nodes_hear_where_the_others_hear(sink, services, later):
    first, second = BEAT._replace(cluster="10.0.0.1"), BEAT._replace(node="n2", instance="b" * 32, cluster="10.0.0.2")
    second = second._replace(addresses=["192.0.2.2"])
    assert sink.heartbeat(first).neighbours == []
    assert sink.heartbeat(second).neighbours == ["10.0.0.1"]
    standing = sink.heartbeat(first)
    assert (standing.neighbours, standing.nodes) == (["10.0.0.2"], ["192.0.2.2"])
    assert sink.heartbeat(BEAT._replace(node="n3", instance="c" * 32)).neighbours == ["10.0.0.1", "10.0.0.2"]
    later(30)
    services.nodes.forget(services.nodes.get("n2"))  # its address may be somebody else's by now
    standing = sink.heartbeat(first)
    assert (standing.neighbours, standing.nodes) == ([], ["192.0.2.1"])


def test_a_node_hears_how_many_calls_of_an_account_are_up_on_others(sink, services, later):
    account = services.accounts.create("customer")
    second, third = BEAT._replace(node="n2", instance="b" * 32), BEAT._replace(node="n3", instance="c" * 32)
    for beat in (BEAT, second, third):
        sink.heartbeat(beat)

    def journal(node, call, *events):
        common = {"time": time.time(), "node": node, "call": call, "account": account.pk, "direction": "outbound"}
        sink.store(node, "file", [common | {"event": event} for event in events], 1)

    journal("n1", "a" * 16, "setup", "answer")
    journal("n2", "b" * 16, "setup")
    journal("n2", "c" * 16, "setup", "answer", "end")
    journal("n2", "d" * 16, "setup", "finish")
    journal("n2", "e" * 16, "reject")
    assert sink.heartbeat(BEAT).elsewhere == {account.pk: 1}
    assert sink.heartbeat(second).elsewhere == {account.pk: 1}
    assert sink.heartbeat(third).elsewhere == {account.pk: 2}
    later(30)  # nobody but the one that beats is heard any more
    assert sink.heartbeat(third).elsewhere == {}


@pytest.mark.parametrize("rebuilt", [True, False])
def test_calls_of_a_node_that_is_gone_for_good_are_over(sink, services, later, rebuilt):
    """Its journal, which alone says how they ended, is lost; they were up for ever, and counted against the limit."""
    account = services.accounts.create("customer")
    second = BEAT._replace(node="n2", instance="b" * 32)
    began = time.time() - 120

    def journal(call, *events, node="n1", time=began):
        common = {"node": node, "account": account.pk, "direction": "outbound"}
        lines = [common | {"event": event, "call": call * 16, "time": time + n} for n, event in enumerate(events)]
        sink.store(node, "file", lines, 1)

    sink.heartbeat(BEAT)
    sink.heartbeat(second)
    journal("a", "setup", "answer")
    journal("b", "setup")
    journal("c", "setup", "answer", node="n2")
    assert sink.heartbeat(second).elsewhere == {account.pk: 2}
    later(30)
    sink.heartbeat(second)
    if rebuilt:
        journal("d", "setup", "answer", time=time.time())  # before its first heartbeat
        sink.heartbeat(BEAT._replace(instance="d" * 32))
    else:
        services.nodes.forget(services.nodes.get("n1"))
    assert sink.heartbeat(second).elsewhere == ({account.pk: 1} if rebuilt else {})
    talked, tried, other = (services.calls.get(uid * 16) for uid in "abc")
    assert (talked.outcome, talked.hung_up_by) == ("answered", "edge")
    assert "its node was lost" in talked.hung_up_reason
    assert 80 < talked.duration < 100  # until it was heard last
    assert (tried.outcome, tried.code, other.outcome) == ("failed", 500, "open")
    # A disk that was saved says more, also that they talked longer than the node was heard.
    journal("b", "setup", "answer")
    sink.store("n1", "file", [{"event": "end", "call": "a" * 16, "time": began + 101, "node": "n1", "by": "caller"}], 2)
    talked, tried = (services.calls.get(uid * 16) for uid in "ab")
    assert (round(talked.duration), talked.hung_up_by) == (100, "caller")
    assert tried.outcome == "open"


def test_who_watches_dns_is_heard_for_eleven_seconds(sink, services, later):
    from trunkline.control.nodes import beats

    assert beats.watchers() == []
    for name, watches in (("n3", True), ("n2", False), ("n1", True)):
        sink.heartbeat(BEAT._replace(node=name, instance=name * 16, watches=watches))
    assert beats.watchers() == ["n1", "n3"]
    sink.heartbeat(BEAT._replace(instance="n1" * 16, watches=False))
    assert beats.watchers() == ["n3"]
    later(12)
    assert beats.watchers() == []


def test_who_serves_is_who_is_heard_and_says_so(sink, later):
    from trunkline.control.nodes import beats

    for number, fields in enumerate(
        (
            {},
            {"draining": True},
            {"problems": {"kamailio": "exited"}},
            {"problems": {"ship": "behind"}, "addresses": ["192.0.2.3", "2001:db8::3"]},
        )
    ):
        name = f"n{number}"
        sink.heartbeat(BEAT._replace(node=name, instance=name * 16, addresses=[f"192.0.2.{number}"])._replace(**fields))
    assert beats.serving() == {"192.0.2.0", "192.0.2.3", "2001:db8::3"}
    later(9)
    assert beats.serving() == set()


@pytest.mark.parametrize("hours", [1, -1])
def test_a_node_whose_clock_is_wrong_is_told_and_judges_nobody_by_it(sink, services, later, monkeypatch, hours):
    """Ahead, it took all others for silent; behind, for alive."""
    from trunkline.control.nodes import beats

    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=hours)

    monkeypatch.setattr(beats, "datetime", Wrong)
    assert round(sink.heartbeat(BEAT._replace(watches=True)).ahead / 3600, 2) == hours
    second = BEAT._replace(node="n2", instance="b" * 32, watches=True)
    sink.heartbeat(second)
    assert (shown(services)["state"], beats.watchers()) == ("well", ["n1", "n2"])
    with pytest.raises(
        Unavailable, match="another home's node 'n1' was heard in the last 20 s .*takes its place, wait"
    ):
        sink.heartbeat(BEAT._replace(instance="c" * 32))
    later(30)
    sink.heartbeat(second)
    assert (shown(services)["state"], beats.watchers()) == ("silent", ["n2"])


def test_a_node_hears_that_letters_do_not_go_out(sink, services, cast, monkeypatch):
    from datetime import UTC

    from django.conf import settings

    from trunkline.control.users.models import SERVER, Letter

    user, _ = services.users.create("ann@acme.example", cast.owner)
    Letter.objects.create(user=user, time=datetime.now(UTC), fault=SERVER, said="[Errno 111] Connection refused")
    assert sink.heartbeat(BEAT).mail == ""  # no mail server is wanted any more
    mail = settings.TRUNKLINE.mail.model_copy(update={"host": "mx.example"})
    monkeypatch.setattr(settings, "TRUNKLINE", settings.TRUNKLINE.model_copy(update={"mail": mail}))
    said = sink.heartbeat(BEAT).mail
    assert "to ann@acme.example at" in said
    assert "did not go out: mx.example port 587: [Errno 111] Connection refused" in said


def test_a_node_removes_records_that_are_too_old(sink, services, monkeypatch):
    from django.conf import settings
    from django.utils import timezone

    from trunkline.control.calls import aging
    from trunkline.control.calls.models import Attempt

    def call(uid, days, *more):
        time_ = (timezone.now() - timedelta(days=days)).timestamp()
        events = [{"event": "setup"}, {"event": "attempt", "n": 1, "target": "telco"}, *more]
        facts = {"time": time_, "node": "n1", "call": uid, "direction": "outbound"}
        sink.store("n1", "f", [facts | event for event in events], 1)

    over = {"event": "finish", "code": 503}
    for uid, days, *more in (("old", 40, over), ("older", 41, over), ("up", 40), ("young", 29, over)):
        call(uid, days, *more)
    sink.prune()
    assert len(services.calls.find()) == 4, "none goes unless the settings say so"
    calls = settings.TRUNKLINE.calls.model_copy(update={"keep_days": 30})
    monkeypatch.setattr(settings, "TRUNKLINE", settings.TRUNKLINE.model_copy(update={"calls": calls}))
    monkeypatch.setattr(aging, "PORTION", 1)
    sink.prune()
    assert [one.uid for one in services.calls.find()] == ["young", "up", "old"]
    sink.prune()
    assert sorted(one.uid for one in services.calls.find()) == ["up", "young"]
    assert Attempt.objects.count() == 2


def test_a_node_whose_clock_is_years_ahead_removes_no_record(sink, services, monkeypatch):
    from django.conf import settings
    from django.utils import timezone

    facts = {"time": time.time(), "node": "n1", "call": "young", "direction": "outbound"}
    sink.store("n1", "f", [facts | {"event": "setup"}, facts | {"event": "finish", "code": 503}], 1)
    calls = settings.TRUNKLINE.calls.model_copy(update={"keep_days": 30})
    monkeypatch.setattr(settings, "TRUNKLINE", settings.TRUNKLINE.model_copy(update={"calls": calls}))
    ahead = timezone.now() + timedelta(days=4000)
    monkeypatch.setattr(timezone, "now", lambda: ahead)
    sink.prune()
    assert [one.uid for one in services.calls.find()] == ["young"]


def test_what_a_node_was_to_end_goes_with_it(sink, services, later):
    """Another one of its name would be told of calls that it never had."""
    sink.heartbeat(BEAT)
    services.nodes.end_calls("n1", ["aa"])
    later(30)
    services.nodes.forget(services.nodes.get("n1"))
    assert sink.heartbeat(BEAT._replace(instance="b" * 32)).endings == []
