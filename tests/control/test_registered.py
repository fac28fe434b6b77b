"""What the holder of a key learns of whether its PBX is registered."""

import time

import pytest

from control.test_nodes import BEAT
from trunkline.contract.registrations import Registered


@pytest.fixture
def told(database):
    from trunkline.control.feed import DatabaseRegistrations

    return DatabaseRegistrations()


@pytest.fixture
def key(database):
    from trunkline.control import services

    return services.keys.create(services.accounts.create("acme"))[0]


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """The tests of a whole run may have begun longer ago than a contact lasts."""
    monkeypatch.setitem(globals(), "NOW", int(time.time()))


NOW = 0


def one(key, since=-100, refreshed=-10, until=300, **fields):
    times = {"since": NOW + since, "refreshed": NOW + refreshed, "until": NOW + until}
    common = {"key": str(key), "source": "udp:192.0.2.7:5060", "user_agent": "Asterisk"}
    return Registered(**common | times | fields)


def shown(key):
    from trunkline.control import services

    return services.keys.as_dict(services.keys.get(str(key)))["registration"]


def seconds(said):
    return [round(said[name].timestamp()) - NOW for name in ("since", "refreshed", "until")]


def beat(name="n1"):
    from trunkline.control.feed import DatabaseSink

    DatabaseSink().heartbeat(BEAT._replace(node=name, instance=name))


def test_one_that_never_registered_is_told_how(key):
    said = shown(key)
    assert {name: value for name, value in said.items() if value is not None} == {
        "state": "never",
        "words": f"No PBX has registered with this key. One that only places calls need not; for calls to sip:{key}@"
        "sip.trunk.example have it register: the key is its username, sip.trunk.example the domain",
    }


def test_one_that_is_registered_from_where_and_until_when(told, key):
    beat()
    told.note("n1", [one(key), one("nobody")], (), NOW)
    said = shown(key)
    assert (said["state"], said["source"], said["user_agent"], said["node"]) == (
        "registered", "udp:192.0.2.7:5060", "Asterisk", "n1",
    )  # fmt: skip
    assert seconds(said) == [-100, -10, 300]
    assert said["words"] == f"Calls that are forwarded to sip:{key}@sip.trunk.example ring there"
    assert told.known("n1") == [one(key)]
    assert told.known("n2") == []


def test_a_node_that_is_not_heard_is_named(told, key):
    told.note("n1", [one(key)], (), NOW)
    assert shown(key)["words"].startswith("Node n1 is not heard, so calls may not reach the PBX")


def test_one_that_ended_or_ran_out_since_when(told, key):
    told.note("n1", [one(key)], (), NOW)
    told.note("n1", [], [str(key), "nobody"], NOW - 1)
    said = shown(key)
    assert (said["state"], seconds(said)[2]) == ("ended", -1)
    assert "Have it register again" in said["words"]
    assert told.known("n1") == []
    told.note("n1", [one(key, until=-5)], (), NOW)
    said = shown(key)
    assert (said["state"], seconds(said)[2]) == ("expired", -5)
    assert said["words"].startswith("The PBX did not register again in time")
    told.note("n1", [], [str(key)], NOW)
    assert (shown(key)["state"], seconds(shown(key))[2]) == ("expired", -5), "it was over before"


@pytest.mark.parametrize("first", ["n1", "n2"])
def test_the_node_that_it_registered_at_last_counts_whichever_tells_first(told, key, first):
    older, newer = ("n1", one(key, refreshed=-60)), ("n2", one(key, source="tls:192.0.2.8:40000", refreshed=-30))
    for node, said in sorted([older, newer], reverse=first == "n2"):
        told.note(node, [said], (), NOW)
    assert (shown(key)["node"], shown(key)["source"]) == ("n2", "tls:192.0.2.8:40000")
    told.note("n2", [], [str(key)], NOW - 1)
    assert (shown(key)["node"], shown(key)["state"]) == ("n2", "ended")


def test_one_whose_newest_credentials_were_refused_is_told_so(told, key):
    from trunkline.control.feed import DatabaseSink

    def denied(ago):
        event = {"event": "denied", "time": NOW - ago, "node": "n1", "call": "", "key": str(key)}
        facts = {"denial": "secret", "method": "REGISTER", "source": "udp:192.0.2.7:5060"}
        DatabaseSink().store("n1", "f", [event | facts], ago)

    told.note("n1", [one(key, until=-50)], (), NOW)
    denied(60)
    assert shown(key)["words"].startswith("The PBX did not register again in time")
    denied(40)
    assert shown(key)["words"].startswith("The last request with this key was refused")
    told.note("n1", [one(key)], (), NOW)
    assert "refused" not in shown(key)["words"]


def test_what_keeps_it_out_is_said_first_and_no_pbx_has_an_owners_key(told, key):
    from trunkline.control import services

    told.note("n1", [one(key)], (), NOW)
    services.accounts.change(key.account, enabled=False)
    assert shown(key)["words"].startswith("The account is disabled")
    services.keys.enable(key, False)
    assert shown(key)["words"].startswith("The key is disabled")
    assert shown(services.keys.create(key.account, "owner")[0]) is None


def test_what_a_stranger_wrote_is_cut_to_what_a_database_keeps(told, key):
    told.note("n1", [one(key, source="\ud800" * 99, user_agent="A\x00" + "B" * 999)], (), NOW)
    assert (shown(key)["source"], len(shown(key)["user_agent"])) == ("\ufffd" * 64, 255)


def test_many_are_told_at_once(told, key):
    from trunkline.control.keys.models import Key
    from trunkline.control.registrations.models import Registration

    Key.objects.bulk_create(Key(name=f"k{n}", account=key.account) for n in range(1200))
    for until in (300, 400):
        told.note("n1", [one(f"k{n}", until=until) for n in range(1200)], (), NOW)
    told.note("n1", [], [f"k{n}" for n in range(1100)], NOW)
    assert Registration.objects.count() == 1200
    assert len(told.known("n1")) == 100
