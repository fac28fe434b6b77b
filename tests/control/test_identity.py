"""A database is known again, and another one, or none, in its place is noticed while a node is connected."""

import os
import sqlite3
from contextlib import closing

import pytest

from control.databases import fresh_sqlite, settings_for
from trunkline import control
from trunkline.contract.feed import Unavailable


@pytest.fixture
def feed(database):
    from trunkline.control.feed import DatabaseFeed

    return DatabaseFeed()


def _made(folder) -> None:
    """Another database, migrated, at `folder`/control.db; Django then stands on what it stood on."""
    folder.mkdir()
    control.setup(settings_for(fresh_sqlite(folder), folder))
    control.migrate()
    control.database.close()


def test_the_identity_stays_whatever_is_written(feed, services):
    before = feed.database()
    assert len(before.identity) == 32
    services.accounts.create("acme")
    control.migrate()
    assert feed.database() == before
    assert feed.snapshot().identity == before.identity


def test_two_databases_are_two(sqlite, tmp_path):
    from trunkline.control.feed import DatabaseFeed

    first = DatabaseFeed().database()
    assert first.place == f"the database {tmp_path}/control.db"
    _made(tmp_path / "other")
    second = DatabaseFeed().database()
    assert second.identity != first.identity
    assert second.place == f"the database {tmp_path}/other/control.db"


def test_the_place_has_no_password():
    url = "postgresql://me:hush@db.example/trunk"
    control.setup(settings_for(url, "/nowhere"))
    assert control.database.place() == "PostgreSQL database 'trunk' at db.example"


def test_a_database_from_before_identities_gets_one(sqlite, tmp_path):
    from trunkline.control.feed import DatabaseFeed

    control.database.close()
    with closing(sqlite3.connect(tmp_path / "control.db", isolation_level=None)) as earlier:
        earlier.execute("ALTER TABLE changes_counter DROP COLUMN identity")
        earlier.execute("UPDATE changes_counter SET sequence = 7")
        earlier.execute("DELETE FROM django_migrations WHERE app = 'changes' AND name = '0002_identity'")
    control.migrate()
    feed = DatabaseFeed()
    assert (len(feed.database().identity), feed.head()) == (32, 7)


def test_a_file_in_place_of_the_one_that_is_open_is_seen_at_once(sqlite, tmp_path):
    from trunkline.control.feed import DatabaseFeed, DatabaseSink

    _made(tmp_path / "other")
    control.setup(settings_for(sqlite, tmp_path))
    feed, sink = DatabaseFeed(), DatabaseSink()
    before = feed.database().identity
    sink.store("node1", "f", [], 5)
    _remove(tmp_path)
    os.rename(tmp_path / "other" / "control.db", tmp_path / "control.db")
    assert feed.database().identity != before
    assert sink.position("node1", "f") == 0


def test_a_file_that_is_gone_is_named_and_not_made_anew(sqlite, tmp_path):
    from trunkline.control.feed import DatabaseFeed, DatabaseSink

    feed, sink = DatabaseFeed(), DatabaseSink()
    feed.head()
    _remove(tmp_path)
    for ask in (feed.database, feed.head, feed.snapshot, lambda: sink.store("node1", "f", [], 5)):
        with pytest.raises(Unavailable, match=f"the database {tmp_path}/control.db is gone: .*put the file back"):
            ask()
    assert not (tmp_path / "control.db").exists()


def _remove(folder) -> None:
    for path in folder.glob("control.db*"):
        path.unlink()
