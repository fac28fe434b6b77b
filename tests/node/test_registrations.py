"""Which PBXs are registered, by Kamailio's own file."""

import sqlite3
import time
from contextlib import closing

import pytest

from harness.world import World
from trunkline.contract import store
from trunkline.contract.feed import Unavailable
from trunkline.contract.registrations import Registered
from trunkline.node import registrations
from trunkline.node.registrations import Seen
from trunkline.node.tell import REREAD, SETTLED, Teller


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


_COLUMNS = "username, contact, received, path, user_agent, expires, last_modified, socket"
OWN_PATH = registrations.own_path("10.0.0.1", 5070)


def held(path, *rows):
    """Kamailio's file of contacts; times are Unix times."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE location ({_COLUMNS})")
        for key, received, through, agent, expires, modified, socket in rows:
            times = (expires / 86_400 + 2440587.5, modified / 86_400 + 2440587.5)
            row = (key, "sip:a@10.0.0.9", received, through, agent, *times, socket)
            connection.execute("INSERT INTO location VALUES (?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?)", row)
    return path


ROWS = (
    ("own", "sip:192.0.2.7:5060", None, b"Asterisk", 2000, 1000, "udp:10.0.0.1:5060"),
    ("own", "sip:192.0.2.6:5060", None, b"before", 1900, 900, "udp:10.0.0.1:5060"),
    ("natted", "sip:[2001:db8::7]:40000;transport=tls", "<sip:natted@10.0.0.1:5070;lr>", b"Caf\xe9", 2000, 1000, None),
    ("direct", "sip:192.0.2.8:5060", None, b"3CX", 2000, 1000, None),
    ("through", "sip:192.0.2.9:5060", "<sip:through@10.0.0.2:5070;lr>", b"", 2000, 1000, "udp:10.0.0.1:5060"),
)


def test_a_node_tells_of_its_own_alone_whatever_they_call_themselves(tmp_path):
    found = registrations.seen(held(tmp_path / "location.db", *ROWS), True, OWN_PATH)
    assert found.keys == {"own", "natted", "direct", "through"}
    assert found.here == {
        "own": Registered("own", "udp:192.0.2.7:5060", "Asterisk", 1000, 1000, 2000),
        "natted": Registered("natted", "tls:[2001:db8::7]:40000", "Caf\ufffd", 1000, 1000, 2000),
    }
    assert registrations.seen(tmp_path / "location.db", False, "").here.keys() == found.keys


def test_a_name_that_is_no_text_hides_nobody_from_the_list(tmp_path):
    with closing(store.open_writer(tmp_path / "edge.db")):
        rows = held(tmp_path / "location.db", ("own", "sip:192.0.2.7:5060", None, b"Caf\xe9", 2**31, 1000, None))
    assert [one.user_agent for one in registrations.listing(rows, tmp_path / "edge.db")] == ["Caf\ufffd"]


def test_who_gives_no_name_has_none(tmp_path):
    with closing(store.open_writer(tmp_path / "edge.db")):
        rows = held(tmp_path / "location.db", ("own", "sip:192.0.2.7:5060", None, b"n/a", 2**31, 1000, None))
    assert [one.user_agent for one in registrations.listing(rows, tmp_path / "edge.db")] == [""]
    assert registrations.seen(rows, False, "").here["own"].user_agent == ""


class Told:
    """A control plane that remembers; `away` has it refuse."""

    def __init__(self, *known):
        self.rows, self.notes, self.away = list(known), [], False

    def known(self, node):
        return self.rows

    def note(self, node, registered, ended, now):
        if self.away:
            raise Unavailable("away")
        self.notes.append(([one.key for one in registered], set(ended)))
        over = {new.key for new in registered} | set(ended)
        self.rows = [one for one in self.rows if one.key not in over] + list(registered)


class Telling:
    def __init__(self, *known):
        self.told, self.now, self.seen = Told(*known), 1000.0, Seen({}, set())
        self.set_by = 0.0  # by how much somebody has set the clock
        clock = lambda: self.now + self.set_by  # noqa: E731
        self.teller = Teller(self.told, "n1", lambda: self.seen, clock, lambda: self.now)

    def look(self, *here, elsewhere=(), at):
        """What is told when this is there."""
        self.now, before = at, len(self.told.notes)
        self.seen = Seen({one.key: one for one in here}, {one.key for one in here} | set(elsewhere))
        self.teller.step()
        return self.told.notes[before:]


def one(refreshed, until, key="k", source="udp:192.0.2.7:5060"):
    return Registered(key, source, "Asterisk", refreshed, refreshed, until)


def test_what_changes_is_told_once():
    telling = Telling()
    assert telling.look(at=1001) == []
    assert telling.look(one(1001, 1301), at=1002) == [(["k"], set())]
    assert telling.look(one(1001, 1301), at=1100) == []
    assert telling.look(one(1150, 1450), one(1150, 1450, "l"), at=1152) == [(["k", "l"], set())]
    assert {row.key: row.since for row in telling.told.rows} == {"k": 1001, "l": 1150}, "it is one registration"
    assert telling.look(one(1150, 1450, "l"), at=1153) == [([], {"k"})]
    assert telling.look(one(1200, 1500), one(1150, 1450, "l"), at=1201) == [(["k"], set())]
    assert {row.key: row.since for row in telling.told.rows}["k"] == 1200


def test_what_has_run_out_need_not_be_told_and_begins_anew():
    telling = Telling()
    telling.look(one(1001, 1301), at=1002)
    assert telling.look(one(1001, 1301), at=1301) == []  # Kamailio keeps it for half a minute
    assert telling.look(at=1332) == []
    assert telling.look(one(1400, 1700), at=1402) == [(["k"], set())]
    assert telling.told.rows[0].since == 1400


def test_one_that_registered_at_another_node_since_is_left_to_that():
    telling = Telling()
    telling.look(one(1001, 1301), at=1100)
    assert telling.look(elsewhere=["k"], at=1103) == []


def test_of_what_was_told_before_a_start_the_others_may_tell_first():
    telling = Telling(one(900, 1900), one(900, 1900, "gone"))
    assert telling.look(at=1000 + SETTLED - 1) == []
    assert telling.look(one(900, 1900), at=1000 + SETTLED + 1) == [([], {"gone"})]


def test_what_a_restored_database_does_not_have_is_told_again():
    telling = Telling()
    telling.look(one(1001, 1901), at=1002)
    telling.told.rows.clear()
    assert telling.look(one(1001, 1901), at=1003) == []
    assert telling.look(one(1001, 1901), at=1003 + REREAD) == [(["k"], set())]


def test_one_that_ended_is_told_of_though_the_clock_was_set_back():
    telling = Telling(one(900, 1900))
    telling.set_by = -500.0
    assert telling.look(at=1000 + SETTLED + 1) == [([], {"k"})]


def test_what_the_database_did_not_take_is_told_again():
    telling = Telling()
    telling.look(one(1001, 1301), at=1100)
    telling.told.away = True
    with pytest.raises(Unavailable):
        telling.look(one(1101, 1401, "l"), at=1103)
    telling.told.away = False
    assert telling.look(one(1101, 1401, "l"), at=1106) == [(["l"], {"k"})]
