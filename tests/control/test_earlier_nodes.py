"""A node of an earlier version goes on beside one that has migrated the database.

`upgrade/earlier.sql` is a database as an earlier version left it, `upgrade/earlier_statements.jsonl` all that its nodes
say to one: following (each kind of entity, a snapshot) and shipping a call. Both were recorded from that version.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from control.databases import fresh_sqlite, settings_for
from trunkline import control

EARLIER = Path(__file__).parent / "upgrade"
STATEMENTS = [json.loads(line) for line in (EARLIER / "earlier_statements.jsonl").read_text().splitlines()]


@pytest.fixture
def migrated(tmp_path):
    """The earlier database, brought up to date by today's code."""
    with closing(sqlite3.connect(tmp_path / "control.db")) as connection:
        connection.executescript((EARLIER / "earlier.sql").read_text())
    control.setup(settings_for(fresh_sqlite(tmp_path), tmp_path))
    control.migrate()
    yield tmp_path / "control.db"
    control.database.close()


def test_what_was_there_is_there(migrated):
    from trunkline.control import services
    from trunkline.control.feed import DatabaseFeed

    assert sorted(account.name for account in services.accounts.everyone()) == ["owner", "stranger"]
    assert services.numbers.get("447700900001").forward == "sip:owner@pbx.example"
    [call] = services.calls.find()
    assert (call.uid, call.outcome, len(services.calls.attempts(call))) == ("c0ffee0000000001", "answered", 1)
    assert DatabaseFeed().head() == 7


def test_an_earlier_node_follows_and_ships(migrated):
    """Each statement works, and those that read find what is there."""
    with closing(sqlite3.connect(migrated, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        found = [(said["sql"], connection.execute(said["sql"], said["parameters"]).fetchall()) for said in STATEMENTS]
    read = [rows for sql, rows in found if sql.startswith("SELECT") and "sourcenetwork" not in sql]
    written = [sql.split()[0] for sql, _ in found if not sql.startswith("SELECT")]
    assert written == ["INSERT", "INSERT", "UPDATE", "DELETE"]
    assert len([rows for rows in read if not rows]) == 2, (
        "only of the second call, that is shipped here, is there nothing"
    )
    from trunkline.control import services

    assert [call.uid for call in services.calls.find()] == ["c0ffee0000000002", "c0ffee0000000001"]
