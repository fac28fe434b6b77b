"""What a node gets: the rows of `edge.db`, checked by putting them into one."""

import json
import sqlite3
from contextlib import closing

import pytest

from trunkline.contract import store
from trunkline.contract.feed import Unavailable


@pytest.fixture
def feed(database):
    from trunkline.control.feed import DatabaseFeed

    return DatabaseFeed()


@pytest.fixture
def edge(tmp_path):
    with closing(store.open_writer(tmp_path / "edge.db")) as connection:
        yield connection


def _contents(edge):
    tables = sorted({table for parts in store.ENTITIES.values() for table, _ in parts})
    return {table: sorted(map(tuple, edge.execute(f"SELECT * FROM {table}"))) for table in tables}  # noqa: S608


def _follow(feed, edge, after=0):
    for change in feed.changes(after, 1000):
        store.put(edge, change.kind, change.entity_id, feed.entity(change.kind, change.entity_id))
        after = change.sequence
    return after


@pytest.fixture
def full(cast, services):
    services.sources.add(cast.owner, "192.0.2.7:5080")
    services.accounts.change(cast.owner, destinations=["44", "1"])
    services.keys.rotate(cast.key)
    services.routes.add("44", cast.telco)
    services.routes.refuse("252")
    services.numbers.add("+33123456789")  # inventory: not for the edge
    return cast


def test_following_and_a_snapshot_come_to_the_same(full, feed, edge, tmp_path):
    assert _follow(feed, edge) == feed.head()
    snapshot = feed.snapshot()
    with closing(store.open_writer(tmp_path / "other.db")) as other:
        for portion in snapshot.portions:
            store.insert(other, portion)
        assert _contents(other) == _contents(edge)
    assert snapshot.sequence == feed.head()


def test_the_rows_are_what_the_edge_reads(full, feed, edge):
    _follow(feed, edge)
    account = edge.execute("SELECT * FROM account WHERE name = 'owner'").fetchone()
    assert (account["enabled"], json.loads(account["destinations"])) == (1, ["1", "44"])
    number = edge.execute("SELECT * FROM number WHERE e164 = ?", (full.number.e164,)).fetchone()
    assert json.loads(number["forward"]) == [
        {
            "uri": "sip:owner@pbx.example",
            "user": "owner",
            "host": "pbx.example",
            "port": 0,
            "transport": "udp",
            "timeout_ms": 5000,
            "media": "",
        }
    ]
    assert [tuple(row) for row in edge.execute("SELECT key, slot FROM credential WHERE key = ?", (full.key.name,))] == [
        (full.key.name, 1),
        (full.key.name, 2),
    ]
    sources = edge.execute("SELECT network, port, owner_kind FROM source ORDER BY network").fetchall()
    assert [tuple(row) for row in sources] == [("192.0.2.7/32", 5080, "account"), ("198.51.100.0/28", 0, "carrier")]
    assert edge.execute("SELECT count(*) FROM number").fetchone()[0] == 2
    routes = edge.execute("SELECT prefix, carrier_id FROM route ORDER BY prefix").fetchall()
    assert [tuple(row) for row in routes] == [("252", 0), ("44", full.telco.pk)]  # 0 refuses
    account_id = edge.execute("SELECT account_id FROM number WHERE e164 = ?", (full.number.e164,)).fetchone()[0]
    assert account_id == account["id"] == full.owner.pk


def test_a_disabled_account_stays_as_disabled_and_a_disabled_key_goes(full, feed, services):
    services.accounts.change(full.owner, enabled=False)
    services.keys.enable(full.stranger_key, False)
    assert feed.entity("account", full.owner.pk)["account"][0]["enabled"] == 0
    assert feed.entity("key", full.key.pk)["credential"]
    assert feed.entity("key", full.stranger_key.pk) == {}


def test_what_is_gone_or_in_the_inventory_has_no_rows(full, feed, services):
    services.numbers.assign(full.number, None)
    assert feed.entity("number", full.number.pk) == {}
    assert feed.entity("account", 999) == {}


def test_a_snapshot_is_of_one_moment_and_blocks_no_writer(full, feed, services):
    snapshot = feed.snapshot()
    services.accounts.create("later")
    names = {row["name"] for portion in snapshot.portions for row in portion.get("account", ())}
    assert names == {"owner", "stranger"}
    assert feed.head() == snapshot.sequence + 1


def test_a_snapshot_can_be_given_up_half_way(full, feed, services):
    snapshot = feed.snapshot()
    next(snapshot.portions)
    snapshot.portions.close()
    assert feed.snapshot().sequence == feed.head()


def test_a_snapshot_is_cut_into_portions(full, feed, monkeypatch):
    from trunkline.control.feed import rows

    monkeypatch.setattr(rows, "PORTION", 1)
    assert all(len(table_rows) == 1 for portion in feed.snapshot().portions for table_rows in portion.values())


def test_a_broken_database_is_unavailable_and_serves_again_when_it_is_mended(sqlite, tmp_path):
    from trunkline.control.feed import DatabaseFeed, DatabaseSink

    feed, sink = DatabaseFeed(), DatabaseSink()
    assert feed.head() == 0
    with closing(sqlite3.connect(tmp_path / "control.db")) as other:
        other.execute("ALTER TABLE changes_counter RENAME TO away")
        other.execute("ALTER TABLE calls_journalposition RENAME TO away2")
        with pytest.raises(Unavailable, match="control.db"):
            feed.head()
        with pytest.raises(Unavailable):
            feed.snapshot()
        with pytest.raises(Unavailable):
            sink.store("n", "f", [], 1)
        other.execute("ALTER TABLE away RENAME TO changes_counter")
        other.execute("ALTER TABLE away2 RENAME TO calls_journalposition")
    assert feed.head() == feed.snapshot().sequence == 0
    assert sink.position("n", "f") == 0


def test_connections_that_the_server_drops_are_made_again(postgresql, tmp_path):
    import psycopg

    from control.databases import settings_for
    from trunkline import control

    control.setup(settings_for(postgresql.fresh(), tmp_path))
    from trunkline.control.database import close
    from trunkline.control.feed import DatabaseFeed

    feed = DatabaseFeed()
    assert feed.head() == 0
    with psycopg.connect(host=postgresql.folder, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test%'")
    with pytest.raises(Unavailable, match="PostgreSQL database 'test"):
        feed.head()
    assert feed.head() == 0
    close()
