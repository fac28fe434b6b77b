"""What an owner learns of credentials of a key that were refused."""

from datetime import UTC, datetime

import pytest

T = 1_800_000_000.0


@pytest.fixture
def sink(database):
    from trunkline.control.feed import DatabaseSink

    return DatabaseSink()


@pytest.fixture
def key(database):
    from trunkline.control import services

    key, _ = services.keys.create(services.accounts.create("acme"))
    return key


def event(key, offset=0.0, **fields):
    common = {"event": "denied", "time": T + offset, "node": "node1", "call": "", "key": key}
    return common | {"denial": "secret", "method": "REGISTER", "source": "udp:192.0.2.7:5060"} | fields


def shown(key):
    from trunkline.control import services

    return services.keys.as_dict(services.keys.get(key.name))["denied"]


def test_a_key_of_which_nothing_was_refused(key):
    assert shown(key) is None


def test_the_newest_is_kept_whatever_the_order(sink, key):
    sink.store("node1", "f", [event(key.name, 60, source="tcp:192.0.2.8:40000"), event(key.name)], 1)
    sink.store("node2", "g", [event(key.name, 30, method="INVITE", denial="recipient")], 1)
    said = shown(key)
    assert (said["time"], said["source"]) == (datetime.fromtimestamp(T + 60, UTC), "tcp:192.0.2.8:40000")
    assert said["words"] == "REGISTER from tcp:192.0.2.8:40000 had a wrong secret: copy it again, or make another one"
    sink.store("node2", "g", [event(key.name, 61, method="INVITE", denial="recipient")], 2)
    assert (shown(key)["method"], shown(key)["cause"]) == ("INVITE", "recipient")


def test_a_secret_of_another_domain_is_called_that(sink, key):
    from trunkline.control import services

    sink.store("node1", "f", [event(key.name)], 1)
    assert list(services.keys.stranded()) == []
    key.secrets.update(realm="old.example")
    assert list(services.keys.stranded()) == [key]
    assert shown(key)["words"].endswith("had a secret that was made for another domain than today's: make another one")
    services.keys.rotate(key)
    assert list(services.keys.stranded()) == []
    assert shown(key)["words"].endswith("had a wrong secret: copy it again, or make another one")


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "nobody"},
        {"key": None},
        {"key": 7},
        {"key": "\ud800"},
        {"key": "a\x00"},
        {"denial": "mood"},
        {"denial": None},
        {"denial": []},
        {"time": -1},
        {"time": 2**40},
    ],
)
def test_what_is_none_is_nobodys_and_in_the_way_of_nothing(sink, key, wrong):
    sink.store("node1", "f", [event(key.name) | wrong, event(key.name, method="INVITE")], 1)
    assert shown(key)["method"] == "INVITE"


def test_what_a_stranger_wrote_is_cut_to_what_a_database_keeps(sink, key):
    sink.store("node1", "f", [event(key.name, method="REG\x00" + "X" * 99, source="\ud800" * 99)], 1)
    assert shown(key)["method"] == "REG\ufffd" + "X" * 12
    assert shown(key)["source"] == "\ufffd" * 64


def test_it_is_of_no_call_and_no_change(sink, key):
    from trunkline.control import services
    from trunkline.control.feed import DatabaseFeed

    head, audited = DatabaseFeed().head(), len(list(services.audit.find()))
    sink.store("node1", "f", [event(key.name)], 1)
    assert list(services.calls.find()) == []
    assert (DatabaseFeed().head(), len(list(services.audit.find()))) == (head, audited)
