"""Which addresses are known to be somebody's: those that its calls came from, for long."""

import ipaddress
import time
from datetime import timedelta

import pytest
from django.utils import timezone

DAY = 86_400


@pytest.fixture
def call(database):
    """Stores the record of a call as a node ships it: whose, from where, how many days ago."""
    from trunkline.control.feed import DatabaseSink

    sink = DatabaseSink()

    def store(account, source, days=0.0, direction="outbound"):
        call.n += 1
        event = {"event": "setup", "time": time.time() - days * DAY, "node": "node1", "call": f"c{call.n}",
                 "direction": direction, "account": account.pk, "source": source}  # fmt: skip
        sink.store("node1", "f", [event, event | {"call": f"d{call.n}"}], call.n)

    call.n = 0
    return store


def theirs(account, network):
    from trunkline.control.sources import heard

    return heard.by_others(account, ipaddress.ip_network(network))


@pytest.mark.parametrize("network", ["8.8.8.8", "8.8.8.0/28", "2a00:0:0:2::/64", "2a00:0:0:2:3:4:5:6"])
def test_where_anothers_calls_came_from_is_known_for_long(cast, call, network):
    assert not theirs(cast.owner, network)
    call(cast.stranger, "tls:8.8.8.8:40000", days=300)
    call(cast.stranger, "udp:2a00:0:0:2:3:4:5:6:5060", days=300)
    assert theirs(cast.owner, network)
    assert not theirs(cast.stranger, network)


@pytest.mark.parametrize("network", ["8.8.8.9", "8.8.8.80", "2a00:0:0:3::/64"])
def test_what_is_beside_it_is_nobodys(cast, call, network):
    call(cast.stranger, "udp:8.8.8.8:5060")
    call(cast.stranger, "udp:2a00:0:0:2:3:4:5:6:5060")
    assert not theirs(cast.owner, network)


@pytest.mark.parametrize("source", ["", "udp:", "udp:pbx.example:5060", "\u0661", "udp:8.8.8.8"])
def test_what_is_no_address_is_not_kept(cast, call, source):
    from trunkline.control.sources.models import HeardAddress

    call(cast.stranger, source)
    assert not HeardAddress.objects.exists()


def test_what_carriers_bring_came_from_the_carrier(cast, call):
    call(cast.stranger, "udp:8.8.8.8:5060", direction="inbound")
    assert not theirs(cast.owner, "8.8.8.8")


def test_an_address_is_one_row_which_is_written_once_an_hour(cast, call):
    from trunkline.control.sources.models import HeardAddress

    call(cast.stranger, "udp:8.8.8.8:5060", days=2)
    call(cast.stranger, "tcp:8.8.8.8:5070", days=1)
    first = HeardAddress.objects.get().seen
    assert timedelta(hours=23) < timezone.now() - first < timedelta(hours=25)
    call(cast.stranger, "udp:8.8.8.8:5060", days=0.99)
    call(cast.stranger, "udp:8.8.8.8:5060", days=3)
    assert HeardAddress.objects.get().seen == first


def test_a_node_whose_clock_is_ahead_keeps_no_address_for_longer(cast, call):
    from trunkline.control.sources.models import HeardAddress

    call(cast.stranger, "udp:8.8.8.8:5060", days=-3000)
    assert HeardAddress.objects.get().seen <= timezone.now()


def test_after_the_time_of_the_settings_it_is_nobodys(cast, call, monkeypatch):
    from django.conf import settings

    from trunkline.control.sources.models import HeardAddress

    call(cast.stranger, "udp:8.8.8.8:5060", days=399)
    call(cast.stranger, "udp:8.8.4.4:5060", days=401)
    assert theirs(cast.owner, "8.8.8.8")
    assert not theirs(cast.owner, "8.8.4.4")
    limits = settings.TRUNKLINE.limits.model_copy(update={"source_days": 7})
    monkeypatch.setattr(settings, "TRUNKLINE", settings.TRUNKLINE.model_copy(update={"limits": limits}))
    assert not theirs(cast.owner, "8.8.8.8")
    call(cast.stranger, "udp:1.1.1.1:5060")
    assert [row.address for row in HeardAddress.objects.all()] == ["1.1.1.1"]


def test_the_migration_takes_what_the_records_say(cast, services, database):
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from trunkline.control.calls.models import Call
    from trunkline.control.sources.models import HeardAddress

    MigrationExecutor(connection).migrate([("sources", "0001_initial")])
    begun = timezone.now() - timedelta(days=9)
    for n, (whose, source, direction) in enumerate(
        [
            (cast.stranger, "udp:8.8.8.8:5060", "outbound"),
            (cast.stranger, "udp:8.8.8.8:5080", "internal"),
            (cast.owner, "udp:2a00::7:5060", "outbound"),
            (cast.owner, "udp:1.1.1.1:5060", "inbound"),
            (None, "udp:9.9.9.9:5060", "outbound"),
        ]
    ):
        started = begun + timedelta(minutes=n)
        Call.objects.create(uid=f"c{n}", node="n", direction=direction, account=whose, source=source, started=started)
    MigrationExecutor(connection).migrate([("sources", "0002_heardaddress")])
    found = {(row.account.name, row.address, row.seen - begun) for row in HeardAddress.objects.all()}
    assert found == {
        ("stranger", "8.8.8.8", timedelta(minutes=1)),
        ("owner", "2a00:0000:0000:0000:0000:0000:0000:0007", timedelta(minutes=2)),
    }
