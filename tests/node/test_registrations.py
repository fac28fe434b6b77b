"""Which PBXs are registered, by Kamailio's own file."""

import sqlite3
import time
from contextlib import closing

from harness.world import World
from trunkline.contract import store
from trunkline.node import registrations


def test_those_that_have_not_ended_with_their_accounts(tmp_path):
    locations, edge = tmp_path / "location.db", tmp_path / "edge.db"
    with closing(store.open_writer(edge)) as connection:
        world = World(connection, "sip.trunk.example")
        key = world.key(world.account(name="acme"))
    now = time.time() / 86_400 + 2440587.5  # as Kamailio writes it
    rows = [
        (key.name, "sip:a@10.0.0.9", "sip:203.0.113.9:5060", "<sip:node2;lr>", "Asterisk", now + 60.5 / 86_400),
        ("gone", "sip:b@192.0.2.9", None, None, None, now + 1),
        (key.name, "sip:c@192.0.2.9", None, None, None, now - 1 / 86_400),
    ]
    with closing(sqlite3.connect(locations)) as connection, connection:
        connection.execute("CREATE TABLE location (username, contact, received, path, user_agent, expires)")
        connection.executemany("INSERT INTO location VALUES (?, ?, ?, ?, ?, ?)", rows)
    unknown, known = sorted(registrations.listing(locations, edge), key=lambda one: one.account)
    assert (unknown.key, unknown.account, unknown.source, unknown.path) == ("gone", "", "sip:b@192.0.2.9", "")
    assert (known.key, known.account, known.path) == (key.name, "acme", "<sip:node2;lr>")
    assert (known.source, known.user_agent) == ("sip:203.0.113.9:5060", "Asterisk")
    assert 55 < known.seconds <= 60
